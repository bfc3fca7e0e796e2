import { defineMiddleware } from '@steadfetch/core';
import { manualClock } from '@steadfetch/testing';
import { seededRandom } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';
import { Lifetime } from '../src/lifetime.ts';

const URL = 'https://api.example.com/jobs';

function ended(lifetime: Lifetime, ...ages: number[]): number {
  for (const age of ages) lifetime.ended(age);
  return lifetime.ms;
}

describe('how long calls live that a signal ends', () => {
  it('is known after four of the same age, and of different ages the longest', () => {
    const lifetime = new Lifetime();

    expect(ended(lifetime, 3_000, 3_010, 3_000)).toBe(Infinity);
    expect(ended(lifetime, 3_000)).toBe(3_000);
    expect(ended(lifetime, 5_000, 3_000, 3_000, 3_000)).toBe(Infinity);
    expect(ended(lifetime, 5_000, 5_000, 5_000)).toBe(5_000);
  });

  it('is unknown again once a call has lived longer, and takes more to be known', () => {
    const lifetime = new Lifetime();
    lifetime.outlived(100);
    ended(lifetime, 3_000, 3_000, 3_000, 3_000);

    lifetime.outlived(3_200);
    expect(lifetime.ms).toBe(3_000);
    lifetime.outlived(4_000);
    expect(lifetime.ms).toBe(Infinity);
    expect(ended(lifetime, 3_000, 3_000, 3_000, 3_000)).toBe(Infinity);
  });
});

describe('rateLimit, above a limit, with calls that end by signals of their own', () => {
  it('lets the calls first that have time for their answer', async () => {
    const { succeeded } = await minuteOf(() => 3_000);

    expect(succeeded).toBeGreaterThan(100);
  });

  it('lets a call wait that lives longer than the others, but not behind them for good', async () => {
    const { longest } = await minuteOf((n) => (n % 20 === 10 ? undefined : 3_000));

    expect(longest).toBeLessThan(10_000);
  });

  it('does so also among calls that end earlier, by a time that is told', async () => {
    const { longest } = await minuteOf(
      (n) => (n % 20 === 10 ? undefined : 3_000),
      (n) => (n % 2 === 1 ? 2_000 : Infinity),
    );

    expect(longest).toBeLessThan(10_000);
  });

  it('gives the late calls their places back when a signal ends a call later than the others', async () => {
    const clock = manualClock();
    const limited = rateLimit({ clock, random: seededRandom(1), limit: { requests: 2, per: 1_000 } })(
      async (input, init) => {
        await clock.sleep(input === URL ? 1_000 : 60_000, init?.signal ?? undefined);
        return new Response();
      },
    );
    const call = (time: number, url = URL) => {
      const own = new AbortController();
      void clock.sleep(time).then(() => own.abort());
      return limited(url, { signal: own.signal }).catch(() => {});
    };
    let answeredAfter = Infinity;

    void call(20_000, `${URL}?hangs`);
    for (let n = 1; n < 160; n++) {
      const time = n === 70 ? 60_000 : 3_000;
      const began = clock.now();
      void call(time).then(() => {
        if (time > 3_000) answeredAfter = clock.now() - began;
      });
      await clock.advance(250);
    }

    expect(answeredAfter).toBeLessThan(6_000);
  });
});

/** Four calls a second at a limit of two, of a second each: how many succeed within their time, and how long the others wait. */
async function minuteOf(
  timeOf: (n: number) => number | undefined,
  toldOf: (n: number) => number = () => Infinity,
): Promise<{ succeeded: number; longest: number }> {
  const clock = manualClock();
  let tokens = 2;
  let last = clock.now();
  const limited = rateLimit({ clock, random: seededRandom(1) })(async (_input, init) => {
    tokens = Math.min(2, tokens + (clock.now() - last) / 500);
    last = clock.now();
    if (tokens < 1) return new Response(null, { status: 429, headers: { 'retry-after': '1' } });
    tokens--;
    await clock.sleep(1_000, init?.signal ?? undefined);
    return new Response();
  });
  let [succeeded, longest] = [0, 0];
  const call = async (time: number | undefined, told: number) => {
    const began = clock.now();
    const withTime = defineMiddleware((call, next) => next(call.with({ remaining: () => began + told - clock.now() })));
    const own = new AbortController();
    if (time !== undefined) void clock.sleep(Math.min(time, told)).then(() => own.abort());
    const { ok } = await withTime(limited)(URL, { signal: own.signal });
    if (ok) succeeded++;
    if (time === undefined) longest = Math.max(longest, clock.now() - began);
  };
  for (let n = 0; n < 240; n++) {
    void call(timeOf(n), toldOf(n)).catch(() => {});
    await clock.advance(250);
  }
  await clock.advance(90_000);
  return { succeeded, longest };
}
