import { decide, type LimitState, NOTHING, type Question, type Reply, type ToldQuota } from '@steadfetch/shared-limit';

export const QUESTION = { ...NOTHING, want: 1 };

export const START = 1_000_000;
export const quota = (more: Partial<ToldQuota> = {}): ToldQuota => ({
  name: 'q',
  at: START,
  remaining: 50,
  limit: 100,
  reset: 10_000,
  window: 10_000,
  ...more,
});

type Refusal = NonNullable<Question['refusal']>;

/** A refusal while the limit is open, `at` ms after `START`. */
export const refusedAt = (at: number, more: Partial<Refusal> = {}): Refusal => ({
  at: START + at,
  closedUntil: START + at,
  every: 0,
  wait: 1_000,
  isDoubted: false,
  ...more,
});

/** Asks the questions one after the other. */
export function asked(...questions: [at: number, question: Partial<Question>][]): {
  state: LimitState;
  replies: Reply[];
} {
  let state: LimitState | undefined;
  const replies: Reply[] = [];
  for (const [at, question] of questions) {
    const [after, reply] = decide(state, START + at, { ...QUESTION, ...question });
    state = after;
    replies.push(reply);
  }
  return { state: state!, replies };
}
