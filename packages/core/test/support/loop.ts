import { Call, type Fetch } from '@steadfetch/core';
import { observerOf } from '@steadfetch/core/kit';

/** A call as the loop of ky makes it around a fetch: it tells the observers of the fetch of its beginning and its end. */
export async function callInLoop(
  fetch: Fetch,
  send: (call: Call) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const call = Call.from('https://api.test/');
  const loop = observerOf(fetch)!(call);
  loop.start(call);
  await send(call.with({ observed: loop.observed }));
  loop.end(call, { status: 200 });
}
