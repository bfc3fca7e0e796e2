import ky, { type BeforeRetryHook } from 'ky';
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

/** Calls a hook. `failed` gets what it throws. */
export async function run<State, Answer>(
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
