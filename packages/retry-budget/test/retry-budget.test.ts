import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type RetryBudget, type RetryKind, retryBudget } from '../src/index.ts';

const KEY = 'https://api.example.com';

/** One call that fails `failures` times, then succeeds; true when it got every retry it needed. */
function call(budget: RetryBudget, failures: number, { retries = 2, key = KEY } = {}): boolean {
  for (let attempt = 1; attempt <= failures; attempt++) {
    const lease = attempt <= retries ? budget.acquire(key, 'transient') : undefined;
    budget.record(key, 'failure');
    if (!lease) return false;
  }
  budget.record(key, 'success');
  return true;
}

function succeed(budget: RetryBudget, times: number, key = KEY): void {
  for (let n = 0; n < times; n++) budget.record(key, 'success');
}

/** Retries granted to calls of which every attempt fails. */
function failingCalls(
  budget: RetryBudget,
  calls: number,
  { retries = 2, kind = 'transient' as RetryKind } = {},
): number {
  let granted = 0;
  for (let n = 0; n < calls; n++) {
    for (let attempt = 1; attempt <= retries + 1; attempt++) {
      const lease = attempt <= retries ? budget.acquire(KEY, kind) : undefined;
      budget.record(KEY, 'failure');
      if (!lease) break;
      granted++;
    }
  }
  return granted;
}

describe('retryBudget', () => {
  it('lets a script of five calls have all its retries from a server that is down', () => {
    expect(failingCalls(retryBudget({ clock: manualClock() }), 5)).toBe(10);
    expect(failingCalls(retryBudget({ clock: manualClock() }), 5, { retries: 3 })).toBe(15);
  });

  it('lets a client with one call per minute always retry', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });

    for (let minute = 0; minute < 60; minute++) {
      expect(failingCalls(budget, 1, { retries: 3 })).toBe(3);
      await clock.advance(60_000);
    }
  });

  it('does not stand in the way of every fourth attempt failing', () => {
    const budget = retryBudget({ clock: manualClock() });

    for (let n = 0; n < 10_000; n++) expect(call(budget, n % 3 === 0 ? 1 : 0)).toBe(true);
  });

  it('refuses at once when it is empty', () => {
    const budget = retryBudget({ clock: manualClock() });
    failingCalls(budget, 100);

    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
    expect(budget.acquire(KEY, 'throttled')).toBeUndefined();
  });

  it('gives a busy client more to spend than a quiet one, but far from one retry per call', async () => {
    const granted = async (perSecond: number) => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      for (let second = 0; second < 20; second++) {
        succeed(budget, perSecond);
        await clock.advance(1_000);
      }
      return failingCalls(budget, perSecond * 10);
    };

    expect(await granted(8)).toBeLessThanOrEqual(8);
    expect(await granted(800)).toBeGreaterThan(50);
    expect(await granted(800)).toBeLessThan(200);
  });

  it('is back after a few successes', () => {
    const budget = retryBudget({ clock: manualClock() });
    failingCalls(budget, 100);

    succeed(budget, 4);

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('stays shut for longer where much was called', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    succeed(budget, 8_000);
    await clock.advance(10_000);
    failingCalls(budget, 8_000);

    succeed(budget, 40);
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
    budget.record(KEY, 'failure');

    succeed(budget, 1_000);
    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('comes back with time alone', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    failingCalls(budget, 100);

    await clock.advance(60_000);

    expect(failingCalls(budget, 4)).toBe(8);
  });

  it('asks less for a retry that the server invited', () => {
    const transient = failingCalls(retryBudget({ clock: manualClock() }), 100);
    const throttled = failingCalls(retryBudget({ clock: manualClock() }), 100, { kind: 'throttled' });

    expect(throttled).toBeGreaterThan(transient * 1.2);
  });

  it('takes a token back once', () => {
    const budget = retryBudget({ clock: manualClock(), credit: 6 });
    const leases = [];
    for (let lease = budget.acquire(KEY, 'transient'); lease; lease = budget.acquire(KEY, 'transient'))
      leases.push(lease);

    leases[0]?.release();
    leases[0]?.release();

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
  });

  it('keeps servers apart', () => {
    const budget = retryBudget({ clock: manualClock() });
    failingCalls(budget, 100);

    expect(budget.acquire('https://other.example.com', 'transient')).toBeDefined();
  });

  it('forgets the server that was used least recently', () => {
    const budget = retryBudget({ clock: manualClock(), maxKeys: 2 });
    failingCalls(budget, 100);

    budget.record('https://a.example.com', 'success');
    budget.record('https://b.example.com', 'success');

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('is not disturbed by a clock that is set back', () => {
    let now = 1_000_000;
    const budget = retryBudget({ clock: { now: () => now, sleep: async () => {} } });
    failingCalls(budget, 100);

    now = 0;
    expect(failingCalls(budget, 1)).toBe(0);

    now = 60_000;
    expect(failingCalls(budget, 4)).toBe(8);
  });

  it('reads no clock while calls succeed', () => {
    let reads = 0;
    const now = () => {
      reads++;
      return 0;
    };
    const budget = retryBudget({ clock: { now, sleep: async () => {} } });
    budget.record(KEY, 'success');
    const before = reads;

    succeed(budget, 1_000);

    expect(reads).toBe(before);
  });

  it('uses the clock of the machine when it is given none', () => {
    expect(failingCalls(retryBudget(), 5)).toBe(10);
  });

  it.each(['x', 'toString', undefined, null])('refuses a kind of retry that it does not know: %s', (kind) => {
    const budget = retryBudget();

    expect(() => budget.acquire(KEY, kind as never)).toThrow(
      new TypeError(`retryBudget: kind: expected one of transient, throttled, got ${kind}`),
    );
    expect(failingCalls(budget, 100)).toBe(failingCalls(retryBudget(), 100));
  });

  it.each([
    [{ deposit: -1 }, RangeError, 'retryBudget: deposit: expected a number from 0 to 10, got -1'],
    [{ deposit: '1' }, TypeError, 'retryBudget: deposit: expected a number from 0 to 10, got "1"'],
    [{ floor: Number.NaN }, RangeError, 'retryBudget: floor: expected a number from 0 to 1000000, got NaN'],
    [{ floor: null }, TypeError, 'retryBudget: floor: expected a number from 0 to 1000000, got null'],
    [{ share: 2 }, RangeError, 'retryBudget: share: expected a number from 0 to 1, got 2'],
    [{ perSecond: Infinity }, RangeError, 'retryBudget: perSecond: expected a number from 0 to 1000000, got Infinity'],
    [{ credit: 5 }, RangeError, 'retryBudget: credit: expected a number from 6 to 1000000, got 5'],
    [{ maxKeys: 0 }, RangeError, 'retryBudget: maxKeys: expected an integer from 1 to 1000000, got 0'],
    [{ maxKeys: 1.5 }, RangeError, 'retryBudget: maxKeys: expected an integer from 1 to 1000000, got 1.5'],
    [{ maxKeys: Infinity }, RangeError, 'retryBudget: maxKeys: expected an integer from 1 to 1000000, got Infinity'],
    [{ clock: {} }, TypeError, 'retryBudget: clock.now: expected a function, got undefined'],
    [{ clock: null }, TypeError, 'retryBudget: clock.now: expected a function, got undefined'],
    [{ ratio: 0.2 }, TypeError, "retryBudget: unknown option 'ratio'"],
  ])('refuses %j', (options, type, message) => {
    const build = () => retryBudget(options as never);

    expect(build).toThrow(type as never);
    expect(build).toThrow(message);
  });
});
