import type { Measure } from './exception.ts';

const time = { unit: 'time', more: false } as const;

export const MEASURES = {
  success: { name: '', of: ({ success }) => success, unit: 'share', more: true },
  /** How long half of the calls take at the most; a call that fails counts as the whole time that it may take. */
  half: { name: 'half within', of: ({ p50 }) => p50, ...time },
  most: { name: '95 of 100 within', of: ({ p95 }) => p95, ...time },
  /** Calls that succeeded, as of workers: the more, the less each takes. */
  done: { name: '', of: ({ done }) => done, unit: 'count', more: true },
  /** When the last success was, as where workers make so many calls. */
  finished: { name: '', of: ({ lastDone }) => lastDone, ...time },
} as const satisfies Record<string, Measure>;
