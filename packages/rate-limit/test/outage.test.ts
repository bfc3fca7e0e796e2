import { compose, defineMiddleware } from '@steadfetch/core';
import { fakeFetch, manualClock, seededRandom } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';

/** What is allowed and called, a second, and how much proof a limit needs. */
interface Situation {
  perSecond?: number;
  calls?: number;
  proof?: 'direct' | 'first';
  limit?: { requests: number; per: number } | undefined;
}

/**
 * Calls of five seconds, of which all are refused from `from` on for half a minute. Returns the share of those in the 20 s after it
 * that succeed.
 */
async function afterOutage(
  from: number,
  { perSecond = 1_000, calls = 10, proof = 'first', limit }: Situation = {},
): Promise<number> {
  const clock = manualClock();
  const until = from + 30_000;
  const withDeadline = defineMiddleware((call, next) => {
    const end = clock.now() + 5_000;
    return next(call.with({ remaining: () => end - clock.now() }));
  });
  const start = clock.now();
  const isDown = () => clock.now() - start >= from && clock.now() - start < until;
  let tokens = 10;
  let last = start;
  const isEmpty = () => {
    tokens = Math.min(10, tokens + ((clock.now() - last) * perSecond) / 1_000);
    last = clock.now();
    if (tokens < 1) return true;
    tokens--;
    return false;
  };
  const refusal = { status: 429, headers: { 'retry-after': '1' }, delay: 50 };
  const fake = fakeFetch(() => (isDown() || isEmpty() ? refusal : { status: 200, delay: 300 }), { clock });
  const limited = compose(withDeadline, rateLimit({ clock, random: () => 0.5, proof, ...(limit && { limit }) }))(fake);
  let succeeded = 0;
  const call = async () => {
    const madeAt = clock.now();
    const response = await limited(URL).catch(() => undefined);
    if (response?.ok && madeAt >= start + until && clock.now() - madeAt <= 5_000) succeeded++;
  };

  for (let n = 0; n < ((until + 20_000) * calls) / 1_000; n++) {
    void call();
    await clock.advance(1_000 / calls);
  }
  await clock.advance(10_000);
  return succeeded / (20 * calls);
}

describe('an outage in which all is refused', () => {
  it('is not remembered for long: what was searched for before is won back', async () => {
    expect(await afterOutage(20_000)).toBeGreaterThan(0.75);
  });

  it('is no part of what a limit is measured by after it', async () => {
    expect(await afterOutage(20_000, { perSecond: 12 })).toBeGreaterThan(0.7);
  });

  it('is no part of it either where a search began below the pace of the calls', async () => {
    expect(await afterOutage(20_000, { perSecond: 50, calls: 25, proof: 'direct' })).toBeGreaterThan(0.6);
  });

  it('does not last longer where a limit is known, to which the pace after it is nothing but a guess', async () => {
    const shares = [undefined, { requests: 100, per: 1_000 }].map((limit) =>
      afterOutage(20_000, { proof: 'direct', limit }),
    );
    const [without, withLimit] = await Promise.all(shares);
    expect(withLimit).toBe(without);
  });

  it('brings back no more than was accepted before it, where answers are slow', async () => {
    const clock = manualClock();
    const start = clock.now();
    let tokens = 10;
    let last = start;
    const answer = () => {
      const now = clock.now();
      tokens = Math.min(10, tokens + (now - last) / 100);
      last = now;
      if (now >= start + 5_000 && now < start + 15_000)
        return { status: 503, headers: { 'retry-after': '2' }, delay: 1_000 };
      if (tokens < 1) return { status: 429, delay: 1_000 };
      tokens--;
      return { status: 200, delay: 1_000 };
    };
    const limited = rateLimit({ clock, random: () => 0.5 })(fakeFetch(answer, { clock }));
    let done = 0;
    const work = async () => {
      while (clock.now() < start + 90_000) if ((await limited(URL)).ok) done++;
    };

    for (let worker = 0; worker < 20; worker++) void work();
    for (let n = 0; n < 1_800; n++) await clock.advance(50);

    expect(done).toBeGreaterThan(600);
  });

  it('from the first call on does not show how long an answer takes, though refusals are fast', async () => {
    expect(await afterOutage(0)).toBeGreaterThan(0.75);
  });
});

/** 200 clients call once each, and are refused with a wait of ten seconds. Returns how long each waits before it asks again. */
async function waitsOf(status: number, callTime = Infinity): Promise<number[]> {
  const clock = manualClock();
  const random = seededRandom(1);
  const start = clock.now();
  const waits: number[] = [];
  const withDeadline = defineMiddleware((call, next) =>
    next(call.with({ remaining: () => start + callTime - clock.now() })),
  );
  for (let client = 0; client < 200; client++) {
    const fake = fakeFetch([{ status, headers: { 'retry-after': '10' } }, 200], { clock });
    const limited = compose(withDeadline, rateLimit({ clock, random }))(fake);
    void limited(URL).then(({ ok }) => ok && waits.push(clock.now() - start));
  }
  await clock.advance(20_000);
  return waits;
}

describe('clients that an outage has refused with one wait', () => {
  it('come back apart from each other, none before its time', async () => {
    const waits = await waitsOf(503);

    expect(waits).toHaveLength(200);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(12_001);
    expect(new Set(waits.map((wait) => Math.floor(wait / 100))).size).toBeGreaterThan(15);
  });

  it('leave half of the time that they have for the answer', async () => {
    const waits = await waitsOf(503, 10_400);

    expect(waits).toHaveLength(200);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_201);
  });

  it('do not wait longer for a limit of their own', async () => {
    const waits = await waitsOf(429);

    expect(waits).toHaveLength(200);
    expect(Math.max(...waits)).toBeLessThan(10_100);
  });
});
