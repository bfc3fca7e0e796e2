import { JOBS } from './everyday/jobs.ts';
import { OUTAGES } from './everyday/outages.ts';
import { PARTIAL_FAILURES } from './everyday/partial-failures.ts';
import { QUIET } from './everyday/quiet.ts';
import { REFUSALS } from './everyday/refusals.ts';
import type { Situation } from './situation.ts';

/** What happens every week, and must not be worse behind `standard()` than behind a plain retry. */
export const EVERYDAY: readonly Situation[] = [...REFUSALS, ...PARTIAL_FAILURES, ...OUTAGES, ...JOBS, ...QUIET];
