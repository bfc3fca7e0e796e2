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
  const server = windowOf(time, { whole: 100, per: MINUTE, takes: 50 });
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

it.each([
  ['a burst at a window of a minute', 300, 10, { whole: 100, per: MINUTE, takes: 50 }],
  ['a burst at a window of 5 seconds and slow answers', 300, 4, { whole: 20, per: 5_000, takes: 300 }],
] as const)('what is left is not spent by more than waits for a slot inside: %s', async (_, calls, slots, window) => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const server = windowOf(time, window);
  const limiter = rateLimit({ clock: time, random, maxWait: WHOLE });
  const steady = compose(limiter, concurrency(slots))(server.fetch);
  let accepted = 0;
  for (let call = 0; call < calls; call++) {
    time.at(0, async () => {
      if ((await steady('https://api.test/items')).ok) accepted++;
    });
  }

  await time.run(10 * MINUTE);

  expect(accepted).toBe(calls);
  expect(server.refused()).toBeLessThan(calls / 10);
});

it('a burst within the quota of the window is sent as fast as the inner slots allow', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const server = windowOf(time, { whole: 100, per: MINUTE, takes: 300 });
  const limiter = rateLimit({ clock: time, random });
  const steady = compose(limiter, concurrency(10))(server.fetch);
  let accepted = 0;
  for (let call = 0; call < 90; call++) {
    time.at(0, async () => {
      if ((await steady('https://api.test/items')).ok) accepted++;
    });
  }

  await time.run(5_000);

  expect(accepted).toBe(90);
});

it.each([1, 10, 30])(
  'a job of %i slots at a limit that is said waits in its line as long as its calls have time',
  async (slots) => {
    const time = new VirtualTime(Date.UTC(2025, 0, 1));
    const limit = { requests: 10, per: MINUTE };
    const steady = standard({ clock: time, random, timeout: 20 * MINUTE, concurrency: slots, rateLimit: { limit } });
    const server = windowOf(time, { whole: 10, per: MINUTE, takes: 50 });
    const call = steady(server.fetch);
    let accepted = 0;
    for (let n = 0; n < 100; n++) {
      time.at(0, async () => {
        if ((await call('https://api.test/items')).ok) accepted++;
      });
    }

    await time.run(15 * MINUTE);

    expect(accepted).toBe(100);
  },
);

function random(): number {
  return 0.5;
}

interface Window {
  readonly whole: number;
  readonly per: number;
  /** The time of an answer. */
  readonly takes: number;
}

/** A rate limit window that starts with its first request. Its answers report what is left and when it ends. */
function windowOf(time: VirtualTime, { whole, per, takes }: Window): { fetch: Fetch; refused: () => number } {
  const chance = seededRandom(5);
  let [begunAt, used, refused] = [-per, 0, 0];
  const fetch: Fetch = async () => {
    await time.sleep(5 + 5 * chance());
    if (time.elapsed >= begunAt + per) [begunAt, used] = [time.elapsed, 0];
    used++;
    const ok = used <= whole;
    if (!ok) refused++;
    const reset = String(Math.ceil((begunAt + per - time.elapsed) / 1_000));
    const headers = {
      'x-ratelimit-limit': String(whole),
      'x-ratelimit-remaining': String(Math.max(0, whole - used)),
      'x-ratelimit-reset': reset,
      ...(!ok && { 'retry-after': reset }),
    };
    await time.sleep(ok ? takes * (0.7 + 0.6 * chance()) : 5);
    return new Response(null, { status: ok ? 200 : 429, headers });
  };
  return { fetch, refused: () => refused };
}
