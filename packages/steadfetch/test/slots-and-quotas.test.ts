import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { compose, concurrency, type Fetch, rateLimit, standard } from 'steadfetch';
import { expect, it } from 'vitest';

const CALLS = 400;
const WHOLE = 600_000;
const MINUTE = 60_000;

it.each([
  ['inside', (time: VirtualTime) => compose(rateLimit({ clock: time, random, maxWait: WHOLE }), concurrency(10))],
  [
    'outside',
    (time: VirtualTime) =>
      standard({ clock: time, random, timeout: WHOLE, rateLimit: { maxWait: WHOLE }, concurrency: 10 }),
  ],
] as const)('what waits for a slot %s of the limiter is counted once at a told quota', async (_, stack) => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const server = hundredAMinute(time);
  const steady = stack(time)(server.fetch);
  let next = 0;
  let accepted = 0;
  for (let worker = 0; worker < 40; worker++) {
    time.at(worker, async () => {
      while (next++ < CALLS) if ((await steady('https://api.test/items')).ok) accepted++;
    });
  }

  await time.run(10 * MINUTE);

  expect(accepted).toBe(CALLS);
  expect(server.refused()).toBeLessThan(8);
});

function random(): number {
  return 0.5;
}

/** A window that begins with its first request, and tells what is left and its end. */
function hundredAMinute(time: VirtualTime): { fetch: Fetch; refused: () => number } {
  const chance = seededRandom(5);
  let [begunAt, used, refused] = [-MINUTE, 0, 0];
  const fetch: Fetch = async () => {
    await time.sleep(5 + 5 * chance());
    if (time.elapsed >= begunAt + MINUTE) [begunAt, used] = [time.elapsed, 0];
    used++;
    const ok = used <= 100;
    if (!ok) refused++;
    const reset = String(Math.ceil((begunAt + MINUTE - time.elapsed) / 1_000));
    const headers = {
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': String(Math.max(0, 100 - used)),
      'x-ratelimit-reset': reset,
      ...(!ok && { 'retry-after': reset }),
    };
    await time.sleep(ok ? 35 + 30 * chance() : 5);
    return new Response(null, { status: ok ? 200 : 429, headers });
  };
  return { fetch, refused: () => refused };
}
