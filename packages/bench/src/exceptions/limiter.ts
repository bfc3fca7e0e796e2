import type { Exception } from './exception.ts';
import { EVERYDAY } from './limiter-everyday.ts';
import { GATES } from './limiter-gates.ts';
import { OUTAGES } from './limiter-outages.ts';
import { TOLD } from './limiter-told.ts';
import { UNTOLD } from './limiter-untold.ts';

/** Behind `rateLimit`. */
export const LIMITER: readonly Exception[] = [...EVERYDAY, ...GATES, ...OUTAGES, ...TOLD, ...UNTOLD];
