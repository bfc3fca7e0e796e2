import type { Asked } from './situation.ts';

/** Every third call goes to one path, the others to ten others. */
export const thirdToOne = (index: number): Asked => ({ path: index % 3 === 0 ? '/reports' : `/items/${index % 10}` });

/** Whether a call of `thirdToOne` goes to one of the ten. */
export const others = ({ path }: Asked): boolean => path !== '/reports';

/** A POST without a key, to one of ten paths. */
export const post = (index: number): Asked => ({ path: `/orders/${index % 10}`, init: { method: 'POST', body: '{}' } });
