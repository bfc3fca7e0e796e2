import { BREAKER } from './breaker.ts';
import { BUDGET } from './budget.ts';
import type { Part } from './exception.ts';
import { LIMITER } from './limiter.ts';
import { STORE } from './store.ts';

/** The tables of docs/exceptions.md. */
export const PARTS: readonly Part[] = [
  { name: 'budget', exceptions: BUDGET },
  { name: 'breaker', exceptions: BREAKER },
  { name: 'limiter', exceptions: LIMITER },
  { name: 'store', exceptions: STORE },
];
