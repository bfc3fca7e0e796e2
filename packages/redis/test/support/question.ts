import type { Question } from '@steadfetch/shared-limit';

/** What a process asks that knows nothing and has nothing to tell. */
export const QUESTION: Question = {
  want: 1,
  cost: 1,
  known: 0,
  aloneFor: undefined,
  extra: 0,
  requests: 0,
  accepted: [],
  refusal: undefined,
  quotas: [],
  lastRate: 0,
  lastBurst: 0,
};
