import { expect, it, vi } from 'vitest';
import { type Clock, compose, rateLimit, timeout } from '../src/index.ts';

/** A clock whose sleeps end late, in the order in which they were due, as after work that holds the event loop up. */
function heldUp() {
  let at = 0;
  const sleeps: { readonly due: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => at,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push({ due: at + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const until = async (time: number) => {
    at = time;
    for (const { due, wake } of sleeps.sort((a, b) => a.due - b.due)) {
      if (due > time) break;
      wake();
      await new Promise(setImmediate);
    }
  };
  return { clock, until };
}

it('a call in the line of rateLimit() is not sent after its time, where its turn and its limit are both late', async () => {
  const { clock, until } = heldUp();
  const server = vi.fn(async () => new Response());
  const limited = rateLimit({ clock, limit: { requests: 1, per: 1_000 } });
  const paced = compose(timeout(1_500, { clock }), limited)(server);
  await paced('https://api.test/1');
  const outcome = paced('https://api.test/2', { method: 'POST' }).catch((error: Error) => error.name);
  await new Promise(setImmediate);

  await until(5_000);

  expect(await outcome).toBe('RateLimitError');
  expect(server).toHaveBeenCalledOnce();
});
