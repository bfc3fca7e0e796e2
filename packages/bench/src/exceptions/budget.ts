import { OUTAGES } from './budget-outages.ts';
import { PARTIAL } from './budget-partial.ts';
import { RARE } from './budget-rare.ts';
import { SLOW } from './budget-slow.ts';
import type { Exception } from './exception.ts';

/** Behind `standard()` and `retry()`, by the budget. */
export const BUDGET: readonly Exception[] = [...OUTAGES, ...PARTIAL, ...SLOW, ...RARE];
