import { VirtualTime } from '@steadfetch/testing/simulation';
import { expect, it, vi } from 'vitest';
import { compose, rateLimit, retry, timeout } from '../src/index.ts';
import { URL } from './support.ts';

it('a budget records how long the server took, without the wait for a turn in a limiter inside', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const clock = { now: () => time.now(), sleep: (ms: number, signal?: AbortSignal) => time.sleep(ms, signal) };
  const record = vi.fn();
  const budget = { acquire: () => ({ release: () => {} }), record };
  let sent = 0;
  const server = async () => {
    await time.sleep(300);
    return new Response(null, { status: ++sent > 2 ? 200 : 503 });
  };
  const steady = compose(
    timeout(60_000, { clock }),
    retry({ clock, budget }),
    rateLimit({ clock, limit: { requests: 1, per: 5_000 } }),
  )(server);

  const answers = Promise.all([steady(URL), steady(URL)]);
  await time.run(60_000);

  expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
  expect(record.mock.calls.map(([, outcome, , , took]) => [outcome, took])).toEqual([
    ['failure', 300],
    ['failure', 300],
    ['success', 300],
    ['success', 300],
  ]);
});
