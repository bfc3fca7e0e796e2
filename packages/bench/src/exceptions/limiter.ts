import type { Exception } from './exception.ts';
import { GATES } from './limiter-gates.ts';
import { OUTAGES } from './limiter-outages.ts';
import { TOLD } from './limiter-told.ts';
import { UNTOLD } from './limiter-untold.ts';

/** Behind `rateLimit`. */
export const LIMITER: readonly Exception[] = [...GATES, ...OUTAGES, ...TOLD, ...UNTOLD];
