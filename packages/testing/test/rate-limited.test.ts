import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeFetch, instantClock, manualClock, type RateLimitedOptions, rateLimited, slow } from '../src/index.ts';

const URL = 'http://api.test/';

/** How many calls pass at each of these instants, `tries` each. */
async function passing(options: RateLimitedOptions, instants: number[], tries = 10): Promise<number[]> {
  const clock = instantClock({ now: 0 });
  const fetch = fakeFetch(rateLimited(options), { clock });
  const passed: number[] = [];
  for (const at of instants) {
    clock.advance(at - clock.now());
    let count = 0;
    for (let i = 0; i < tries; i++) count += (await fetch(URL)).status === 200 ? 1 : 0;
    passed.push(count);
  }
  return passed;
}

describe('rateLimited', () => {
  it.each<[RateLimitedOptions, number[], number[]]>([
    [{ rate: 4, burst: 6 }, [0, 250, 1_000, 9_000], [6, 1, 3, 6]],
    [{ requests: 4, per: 2_000 }, [0, 500, 1_000], [4, 1, 1]],
    [{ requests: 3, algorithm: 'fixed-window' }, [900, 999, 1_000, 2_500], [3, 0, 3, 3]],
    [{ requests: 3, algorithm: 'sliding-window' }, [900, 1_000, 1_899, 1_900], [3, 0, 0, 3]],
    [{ rate: 4, burst: 2, algorithm: 'gcra' }, [0, 250, 1_000], [2, 1, 2]],
    [{ rate: 0.5, algorithm: 'fixed-window' }, [0, 1_000, 2_000, 3_000], [1, 0, 1, 0]],
    [{ rate: 2.5, algorithm: 'sliding-window' }, [0, 799, 800, 1_600], [2, 0, 2, 2]],
    [{ rate: 100 / 60, per: 3_000, algorithm: 'sliding-window' }, [0, 2_999, 3_000], [5, 0, 5]],
  ])('lets through what the limit allows: %j', async (options, instants, expected) => {
    expect(await passing(options, instants)).toEqual(expected);
  });

  it.each(['token-bucket', 'gcra'] as const)('adds parts of a request up without loss: %s', async (algorithm) => {
    const tenths = Array.from({ length: 41 }, (_, index) => 100 * index);
    const passed = await passing({ requests: 3, per: 3_000, burst: 1, algorithm }, tenths, 1);
    expect(passed.flatMap((count, index) => (count > 0 ? [tenths[index]] : []))).toEqual([
      0, 1_000, 2_000, 3_000, 4_000,
    ]);
    const thirds = await passing({ requests: 3, algorithm }, tenths, 1);
    expect([10, 20, 30, 40].map((second) => thirds.slice(0, second + 1).filter(Boolean).length)).toEqual([
      6, 9, 12, 15,
    ]);

    const clock = instantClock();
    const fetch = fakeFetch(rateLimited({ requests: 1, per: 10_000, algorithm }), { clock });
    const told: unknown[] = [];
    for (let second = 0; second <= 10; second++, clock.advance(1_000)) {
      told.push((await fetch(URL)).headers.get('retry-after'));
    }
    expect(told).toEqual([null, '9', '8', '7', '6', '5', '4', '3', '2', '1', null]);
  });

  it('does not count as in flight what the script inside has thrown for', async () => {
    const fetch = fakeFetch(
      rateLimited({ requests: 1, algorithm: 'concurrency' }, (_, index) => {
        if (index === 0) throw new Error('no reply');
        return 200;
      }),
    );

    await expect(fetch(URL)).rejects.toThrow('no reply');
    expect((await fetch(URL)).status).toBe(200);
  });

  it('counts what is in flight where concurrency is the limit', async () => {
    const clock = manualClock();
    const fetch = fakeFetch(rateLimited({ requests: 2, algorithm: 'concurrency' }, slow(100)), { clock });
    const statuses = async () => Promise.all([1, 2, 3].map(async () => (await fetch(URL)).status));

    const first = statuses();
    await clock.advance(99);
    const second = await fetch(URL);
    await clock.advance(1);
    const third = statuses();
    await clock.runAll();

    expect(await first).toEqual([200, 200, 429]);
    expect(second.status).toBe(429);
    expect(second.headers.get('retry-after')).toBe('1');
    expect(await third).toEqual([200, 200, 429]);
  });

  it('asks for a second where it is unknown when a request in flight will end, else for the time until then', async () => {
    const clock = manualClock();
    const limit = rateLimited({ requests: 2, algorithm: 'concurrency' }, slow(90_000));
    const fetch = fakeFetch(limit, { clock });

    const calls = [fetch(URL), fetch(URL), fetch(URL)];
    const early = await calls[2]!;
    const late = await fetch(URL);
    await clock.runAll();

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 429]);
    expect([early, late].map(({ headers }) => headers.get('retry-after'))).toEqual(['1', '90']);
  });

  it('counts what is answered at once as never in flight', async () => {
    expect(await passing({ requests: 1, algorithm: 'concurrency' }, [0], 3)).toEqual([3]);
  });

  it('says in whole seconds when to come back, in refusals alone', async () => {
    const fetch = fakeFetch(rateLimited({ requests: 1, per: 2_500, status: 503 }), { clock: instantClock() });

    const [passed, refused] = [await fetch(URL), await fetch(URL)];

    expect(passed.headers.get('retry-after')).toBeNull();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '3']);
  });

  it('speaks the RateLimit fields in every response', async () => {
    const fetch = fakeFetch(rateLimited({ rate: 10, burst: 2, hint: 'ratelimit' }, { headers: { 'x-id': '7' } }), {
      clock: instantClock(),
    });

    const [first, second, third] = [await fetch(URL), await fetch(URL), await fetch(URL)];

    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=2;w=1');
    expect(first.headers.get('ratelimit')).toBe('"default";r=1;t=1');
    expect(first.headers.get('x-id')).toBe('7');
    expect(second.headers.get('ratelimit')).toBe('"default";r=0;t=1');
    expect(third.headers.get('ratelimit')).toBe('"default";r=0;t=1');
    expect(third.headers.get('retry-after')).toBe('1');
  });

  it.each<[RateLimitedOptions, string, string]>([
    [{ rate: 5, burst: 50, hint: 'x-ratelimit' }, '50', '49'],
    [{ rate: 0.5, hint: 'x-ratelimit' }, '1', '0'],
    [{ requests: 10, burst: 3, algorithm: 'fixed-window', hint: 'x-ratelimit' }, '10', '9'],
    [
      { requests: 10, burst: 3, algorithm: 'fixed-window', hint: 'ratelimit' },
      '"default";q=10;w=1',
      '"default";r=9;t=1',
    ],
  ])('tells a limit that is as large as what it lets through at once: %j', async (options, limit, remaining) => {
    const { headers } = await fakeFetch(rateLimited(options), { clock: instantClock() })(URL);

    expect(headers.get('x-ratelimit-limit') ?? headers.get('ratelimit-policy')).toBe(limit);
    expect(headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit')).toBe(remaining);
  });

  it('speaks the X-RateLimit fields, or says nothing at all', async () => {
    const clock = instantClock();
    const old = fakeFetch(rateLimited({ requests: 5, per: 60_000, algorithm: 'fixed-window', hint: 'x-ratelimit' }), {
      clock,
    });
    const silent = fakeFetch(rateLimited({ requests: 1, hint: 'none' }), { clock });
    await silent(URL);

    expect(Object.fromEntries((await old(URL)).headers)).toEqual({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '4',
      'x-ratelimit-reset': '60',
    });
    expect([...(await silent(URL)).headers]).toEqual([]);
  });

  it.each(['token-bucket', 'gcra', 'fixed-window', 'sliding-window'] as const)(
    'is one limit for all servers that share it, and for a clock that is set back: %s',
    async (algorithm) => {
      const clock = instantClock();
      const limit = rateLimited({ requests: 10, algorithm });
      const first = fakeFetch(limit, { clock });
      clock.advance(5_000);
      const second = fakeFetch(limit, { clock });
      const pass = async (calls: number, every: number) => {
        const before = limit.accepted;
        for (let i = 0; i < calls; i++, clock.advance(every)) await (i % 2 ? first : second)(URL);
        return limit.accepted - before;
      };

      expect(await pass(200, 200)).toBe(200);
      clock.advance(-60_000);
      expect(await pass(20, 200)).toBe(20);
      expect(await pass(400, 50)).toBeLessThan(220);
    },
  );

  it('counts what it let through and what not, and asks the inner script only for the former', async () => {
    const clock = instantClock();
    const script = rateLimited({ requests: 2, clock }, [201, 202, 203]);
    const fetch = fakeFetch(script);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(URL)).status);
    clock.advance(1_000);
    statuses.push((await fetch(URL)).status);

    expect(statuses).toEqual([201, 202, 429, 203]);
    expect([script.accepted, script.refused]).toEqual([3, 1]);
  });

  it.each(['token-bucket', 'gcra', 'sliding-window', 'fixed-window'] as const)(
    'keeps its word: who waits as long as %s says gets through',
    async (algorithm) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 30 }), async (gaps) => {
          const clock = instantClock();
          const fetch = fakeFetch(rateLimited({ requests: 3, algorithm }), { clock });
          for (const gap of gaps) {
            clock.advance(gap);
            const response = await fetch(URL);
            if (response.status === 200) continue;
            clock.advance(Number(response.headers.get('retry-after')) * 1_000);
            expect((await fetch(URL)).status).toBe(200);
          }
        }),
        { numRuns: 30 },
      );
    },
  );

  it.each<[unknown, ErrorConstructor, string]>([
    [{}, TypeError, 'rateLimited: expected either rate or requests, got both or none'],
    [{ rate: 1, requests: 1 }, TypeError, 'either rate or requests'],
    [{ rate: 0 }, RangeError, 'rateLimited: rate'],
    [{ requests: '5' }, TypeError, 'rateLimited: requests'],
    [{ rate: Number.NaN }, RangeError, 'rateLimited: rate'],
    [{ rate: 1, per: 0 }, RangeError, 'rateLimited: per'],
    [{ rate: 1, burst: 0.5 }, RangeError, 'rateLimited: burst'],
    [{ rate: 1, burst: null }, TypeError, 'rateLimited: burst: expected a number from 1'],
    [{ rate: 1, algorithm: 'leaky' }, TypeError, 'rateLimited: algorithm: expected one of token-bucket, fixed-window'],
    [{ rate: 1, algorithm: 'a\nb' }, TypeError, String.raw`got "a\nb"`],
    [{ rate: 1, hint: 'loud' }, TypeError, 'rateLimited: hint: expected one of none, retry-after'],
    [{ rate: 1, status: 42 }, RangeError, 'rateLimited: status: expected an integer from 200 to 599, got 42'],
    [{ rate: 1, status: '503' }, TypeError, 'rateLimited: status: expected an integer from 200 to 599, got "503"'],
    [{ rate: 1, limit: 3 }, TypeError, "rateLimited: unknown option 'limit'"],
    [null, TypeError, 'rateLimited: expected an options object'],
  ])('refuses options that mean nothing: %j', (options, type, message) => {
    expect(() => rateLimited(options as never)).toThrow(type);
    expect(() => rateLimited(options as never)).toThrow(message);
  });
});
