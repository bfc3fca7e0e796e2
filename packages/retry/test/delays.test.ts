import { constant, exponential, fibonacci, linear } from '@steadfetch/backoff';
import { defineMiddleware } from '@steadfetch/core';
import { equalJitter, fullJitter } from '@steadfetch/jitter';
import { instantClock, seededRandom } from '@steadfetch/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type RetryOptions, retry } from '../src/index.ts';
import { API, networkError, type Reply, scripted, timeoutError } from './support.ts';

const NOW = Date.UTC(2025, 0, 1);

async function waits(options: RetryOptions, ...replies: Reply[]): Promise<readonly number[]> {
  const clock = instantClock({ now: NOW });
  await retry({ clock, random: () => 0, budget: false, ...options })(scripted(...replies).fetch)(API).catch(() => {});
  return clock.sleeps;
}

const asks = (value: string, status = 429) => ({ status, headers: { 'retry-after': value } });
const delay = exponential({ base: 100 });

describe('our own delay', () => {
  it('doubles after each failure, from 300 to 600 ms, by default', async () => {
    expect(await waits({ delay, maxRetries: 3 }, 503)).toEqual([100, 200, 400]);
    expect(await waits({ random: () => 0, maxRetries: 3 }, 503)).toEqual([300, 600, 1_200]);
    expect(await waits({ random: () => 1, maxRetries: 3 }, 503)).toEqual([600, 1_200, 2_400]);
  });

  it('is 20 s at most, by default', async () => {
    expect(await waits({ random: () => 1, maxRetries: 8 }, 503)).toEqual([
      600, 1_200, 2_400, 4_800, 9_600, 19_200, 20_000, 20_000,
    ]);
  });

  it('gets the attempt and the delay before it', async () => {
    const seen: unknown[] = [];
    await waits({ maxRetries: 3, delay: (attempt) => seen.push(attempt) * 10 }, 503);

    expect(seen).toEqual([
      { attempt: 1, previousDelay: 0 },
      { attempt: 2, previousDelay: 10 },
      { attempt: 3, previousDelay: 20 },
    ]);
  });

  it.each([-5, -Infinity, Number.NaN])('of %s fails the call: it would be a hot loop', async (delay) => {
    const call = retry({ clock: instantClock(), delay: () => delay })(scripted(503).fetch)(API);

    await expect(call).rejects.toThrow(`retry: delay: expected milliseconds, got ${delay}`);
  });

  it('is not bounded by maxDelay, which is about the wait of the server', async () => {
    expect(await waits({ delay: () => 500, maxDelay: 400 }, 503)).toEqual([500, 500]);
    expect(await waits({ delay: () => Infinity }, 503)).toEqual([]);
  });

  it('is not called if its result would not be used', async () => {
    const delay = vi.fn(() => 5);

    expect(await waits({ delay }, asks('0'), 200)).toEqual([0]);
    expect(delay).not.toHaveBeenCalled();
  });

  it.each([
    ['constant', constant],
    ['linear', linear],
    ['exponential', exponential],
    ['fibonacci', fibonacci],
    ['fullJitter', fullJitter],
    ['equalJitter', equalJitter],
  ])('is refused as the function that makes one: %s', (_name, make) => {
    expect(() => retry({ delay: make as never })).toThrow(/retry: delay: expected what exponential\(\)/);
  });

  it('fails the call with the error that the function throws', async () => {
    const broken = retry({
      clock: instantClock(),
      delay: () => {
        throw new Error('no delay');
      },
    });

    await expect(broken(scripted(503).fetch)(API)).rejects.toThrow('no delay');
  });
});

describe("the server's delay", () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, [7_000]],
    [
      'a quota that is used up',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1_000 + 9) },
      [9_000],
    ],
    ['a quota of which some is left', { 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '9' }, [300]],
    ['the reset of a quota alone', { 'x-ratelimit-reset': '9' }, [300]],
  ])(
    'is waited for after a 200 that inspect calls failed, as for a limit of GraphQL: %s',
    async (_, headers, expected) => {
      const inspect = async (response: Response) => (await response.clone().text()) !== '';

      expect(await waits({ inspect }, { status: 200, headers, body: 'RATE_LIMITED' }, 200)).toEqual(expected);
    },
  );

  it('is waited for exactly, or a little longer, never less', async () => {
    expect(await waits({ delay }, asks('7'), 200)).toEqual([7_000]);
    expect(await waits({ delay, random: () => 0.999 }, asks('7'), 200)).toEqual([7_000 + 1_400 * 0.999]);
    expect(await waits({ delay, random: () => 0.999, serverHints: { spread: 0 } }, asks('7'), 200)).toEqual([7_000]);
  });

  it('is spread by 5 s at most, and never beyond maxDelay', async () => {
    expect(await waits({ delay, random: () => 1 }, asks('50'), 200)).toEqual([55_000]);
    expect(await waits({ delay, random: () => 1 }, asks('63'), 200)).toEqual([65_000]);
  });

  it.each([Number.NaN, -1, 2])('is not shortened by a source of chance that returns %s', async (nonsense) => {
    expect(await waits({ delay, random: () => nonsense }, asks('10'), 200)).toEqual([12_000]);
  });

  it('does not count if our own delay is longer', async () => {
    expect(await waits({ delay: () => 9_000 }, asks('7'), 200)).toEqual([9_000]);
  });

  it('ends the loop above maxDelay: no retry before the time that was given', async () => {
    expect(await waits({ delay }, asks('66'), 200)).toEqual([]);
    expect(await waits({ delay }, asks('99999999999999'), 200)).toEqual([]);
    expect(await waits({ delay, maxDelay: 100_000 }, asks('66'), 200)).toEqual([66_000]);
  });

  it('accepts the window of a minute, and spreads the refused calls so that they do not return together', async () => {
    expect(await waits({ delay, random: () => 1 }, asks('60'), 200)).toEqual([65_000]);
  });

  it('makes the first retry immediate when it is a written 0, and later ones never sooner than our own', async () => {
    expect(await waits({ delay, maxRetries: 3 }, asks('0'))).toEqual([0, 200, 400]);
    expect(await waits({ delay }, { status: 429, headers: { 'retry-after-ms': '0' } }, 200)).toEqual([0]);
  });

  it('is no hint when it is a date in the past, or no date at all', async () => {
    expect(await waits({ delay }, asks('Tue, 01 Jan 2019 00:00:00 GMT'), 200)).toEqual([100]);
    expect(await waits({ delay }, asks('soon'), 200)).toEqual([100]);
  });

  it("is taken from the response's own Date, not from our clock", async () => {
    const headers = { date: 'Wed, 01 Jan 2025 01:00:00 GMT', 'retry-after': 'Wed, 01 Jan 2025 01:00:02 GMT' };

    expect(await waits({ delay }, { status: 503, headers }, 200)).toEqual([2_000]);
  });

  it('is obeyed for any status that is retried, and ignored with serverHints: false', async () => {
    expect(await waits({ delay }, asks('3', 500), 200)).toEqual([3_000]);
    expect(await waits({ delay, serverHints: false }, asks('3'), 200)).toEqual([100]);
    expect(await waits({ delay, serverHints: false }, { status: 404, headers: { 'x-should-retry': 'true' } })).toEqual(
      [],
    );
    expect(await waits({ delay, serverHints: false }, { status: 503, headers: { 'x-should-retry': 'false' } })).toEqual(
      [],
    );
    expect(await waits({ delay, serverHints: true }, asks('3'), 200)).toEqual([3_000]);
    expect(await waits({ delay, serverHints: {} }, asks('3'), 200)).toEqual([3_000]);
  });

  it('also holds when a condition of our own decided to retry', async () => {
    expect(await waits({ delay, shouldRetry: () => true }, asks('2'), 200)).toEqual([2_000]);
  });
});

describe('timeouts of one attempt', () => {
  it('are repeated at once the first time, then with our own delay', async () => {
    expect(await waits({ delay }, timeoutError())).toEqual([0, 200]);
    expect(await waits({ delay }, 503, timeoutError(), 200)).toEqual([100, 200]);
  });

  it('wait in full if the method is not idempotent', async () => {
    const clock = instantClock();
    await retry({ clock, delay })(scripted(timeoutError(), 200).fetch)(API, {
      method: 'POST',
      headers: { 'idempotency-key': 'k' },
    });

    expect(clock.sleeps).toEqual([100]);
  });
});

describe('a deadline', () => {
  const within = (ms: number) => defineMiddleware((call, next) => next(call.with({ remaining: () => ms })));

  it('ends the loop at once when the wait does not fit', async () => {
    const clock = instantClock();
    const { fetch, requests } = scripted(asks('60'));
    const last = await within(10_000)(retry({ clock })(fetch))(API);

    expect(last.status).toBe(429);
    expect(clock.sleeps).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  it('allows a wait that fits', async () => {
    const clock = instantClock();
    const { fetch } = scripted(networkError(), 200);

    expect((await within(1_000)(retry({ clock, delay: linear({ base: 999 }) })(fetch))(API)).status).toBe(200);
  });
});

describe('laws', () => {
  const reply = fc.oneof(
    fc.constantFrom<Reply>(200, 404, 429, 500, 503, networkError(), timeoutError()),
    fc.integer({ min: 0, max: 90 }).map((seconds) => asks(String(seconds))),
  );

  it('never sends more than maxRetries + 1, nor sooner than the server asked, nor longer for it than maxDelay', async () => {
    const cases = fc.record({
      replies: fc.array(reply, { minLength: 1, maxLength: 8 }),
      maxRetries: fc.integer({ min: 0, max: 6 }),
      maxDelay: fc.integer({ min: 0, max: 100_000 }),
      own: fc.integer({ min: 0, max: 100_000 }),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ replies, maxRetries, maxDelay, own, seed }) => {
        const clock = instantClock({ now: NOW });
        const { fetch, requests } = scripted(...replies);
        await retry({ maxRetries, maxDelay, clock, delay: () => own, random: seededRandom(seed), budget: false })(
          fetch,
        )(API).catch(() => {});

        expect(requests.length).toBeLessThanOrEqual(maxRetries + 1);
        expect(clock.sleeps).toHaveLength(requests.length - 1);
        clock.sleeps.forEach((slept, index) => {
          const asked = replies[Math.min(index, replies.length - 1)] as { headers?: Record<string, string> };
          expect(slept).toBeLessThanOrEqual(Math.max(maxDelay, own));
          const seconds = Number(asked.headers?.['retry-after'] ?? 0);
          expect(slept).toBeGreaterThanOrEqual(seconds * 1_000);
        });
      }),
    );
  });
});
