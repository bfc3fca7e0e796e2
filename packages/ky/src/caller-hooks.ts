import ky, { type BeforeRetryHook } from 'ky';
import { isResponse } from './retried-response.ts';

type Ended = (error: unknown) => void;

/** Wraps a `beforeRetry` hook of the caller. Calls `ended` if the hook ends the call by `ky.stop`, an error or a response, which ky reports nowhere. */
export function watch(hook: BeforeRetryHook, ended: Ended): BeforeRetryHook {
  return async (state) => {
    const answer = await run(hook, state, ended);
    if (answer === ky.stop || isResponse(answer)) ended(undefined);
    return answer;
  };
}

/** Calls a hook, and passes to `failed` what the hook throws. */
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
