import ky, { type AfterResponseHook, type BeforeRetryHook, isForceRetryError, type NormalizedOptions } from 'ky';
import type { Attempt } from './attempt.ts';
import { isResponse } from './retried-response.ts';

type Ended = (error: unknown) => void;

/** A `beforeRetry` hook of the caller, watched for an end of the call: ky reports it nowhere when one stops, throws or answers. */
export function watch(hook: BeforeRetryHook, ended: Ended): BeforeRetryHook {
  return async (state) => {
    const answer = await run(hook, state, ended);
    if (answer === ky.stop || isResponse(answer)) ended(undefined);
    return answer;
  };
}

/** Observes what an `afterResponse` hook of the caller does. */
interface Follower {
  /** The attempt whose response the hook sees, if it is not made up. */
  begin(options: NormalizedOptions): Attempt | undefined;
  failed: Ended;
  forced(attempt: Attempt): void;
  /** Returns what ky gets in place of the answer. */
  done(attempt: Attempt, answer: Answer): Promise<Answer>;
}

type Answer = Awaited<ReturnType<AfterResponseHook>>;

/** An `afterResponse` hook of the caller, followed for what becomes of the response. */
export function follow(hook: AfterResponseHook, { begin, failed, forced, done }: Follower): AfterResponseHook {
  return async (state) => {
    const attempt = begin(state.options);
    if (!attempt?.response) return hook(state);
    const answer = await run(hook, state, (error) => (isForceRetryError(error) ? forced(attempt) : failed(error)));
    if (answer instanceof ky.retry().constructor) {
      forced(attempt);
      return answer;
    }
    if (isResponse(answer)) attempt.response = answer;
    return done(attempt, answer);
  };
}

async function run<State, Answer>(
  hook: (state: State) => Answer,
  state: State,
  failed: Ended,
): Promise<Awaited<Answer>> {
  try {
    return await hook(state);
  } catch (error) {
    failed(error);
    throw error;
  }
}
