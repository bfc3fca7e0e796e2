import { instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { defaultBudget, type RetryBudget, retryBudget } from '../src/index.ts';
import { calm, failingCalls, KEY, outage, spent, succeed } from './support.ts';

/** One call that fails `failures` times, then succeeds. Returns whether it got every retry it needed. */
function call(budget: RetryBudget, failures: number, { retries = 2, key = KEY } = {}): boolean {
  for (let attempt = 1; attempt <= failures; attempt++) {
    budget.record(key, 'failure', attempt);
    if (attempt > retries || !budget.acquire(key, 'transient')) return false;
  }
  budget.record(key, 'success', failures + 1);
  return true;
}

describe('retryBudget', () => {
  it('grants all retries of a script of five calls while the server is down', () => {
    expect(failingCalls(retryBudget({ clock: manualClock() }), 5)).toBe(10);
    expect(failingCalls(retryBudget({ clock: manualClock() }), 5, { retries: 3 })).toBe(15);
  });

  it('always grants the retries of a client with one call per minute', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });

    for (let minute = 0; minute < 60; minute++) {
      expect(failingCalls(budget, 1, { retries: 3 })).toBe(3);
      await clock.advance(60_000);
    }
  });

  it('grants all retries if every fourth attempt fails', () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });

    for (let n = 0; n < 10_000; n++) {
      expect(call(budget, n % 3 === 0 ? 1 : 0)).toBe(true);
      clock.advance(20);
    }
  });

  it('refuses at once when it is spent', async () => {
    const budget = await spent(manualClock());

    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
    expect(budget.acquire(KEY, 'throttled')).toBeUndefined();
  });

  it('grants every call of a page up to five retries, and hardly more', () => {
    expect(failingCalls(retryBudget({ clock: manualClock() }), 60, { retries: 5 })).toBe(300);
    expect(failingCalls(retryBudget({ clock: manualClock() }), 60, { retries: 1_000 })).toBeLessThan(400);
  });

  it('grants every call of a page its retries if all of them fail, and again ten seconds later', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });

    for (let page = 0; page < 20; page++) {
      expect(failingCalls(budget, 60)).toBe(120);
      await clock.advance(10_000);
    }
  });

  it.each([8, 50, 300, 800])(
    'grants an outage of ten seconds at %i calls a second less than a tenth more',
    async (perSecond) => {
      const clock = manualClock();
      const budget = retryBudget({ clock });
      await calm(budget, clock, perSecond);

      const granted = await outage(budget, clock, { perSecond, seconds: 10 });

      expect(granted).toBeLessThanOrEqual(perSecond);
      expect(granted).toBeGreaterThanOrEqual(perSecond / 2);
    },
  );

  it('grants all retries of a job if every first attempt fails and every second succeeds', () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });

    for (let n = 0; n < 10_000; n++) {
      expect(call(budget, 1)).toBe(true);
      clock.advance(20);
    }
  });

  it('does so too if one call in fifty fails twice', () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });

    for (let n = 0; n < 10_000; n++) {
      expect(call(budget, n % 50 === 0 ? 2 : 1)).toBe(true);
      clock.advance(20);
    }
  });

  it('grants calls that fail together as many retries as calls that fail one by one', () => {
    for (const options of [{}, { rideOut: 0, floor: 10, credit: 10 }]) {
      const oneByOne = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100);
      const together = retryBudget({ clock: manualClock(), ...options });
      let granted = 0;
      let open = 100;
      for (let attempt = 1; attempt <= 2; attempt++) {
        const before = granted;
        for (let n = 0; n < open; n++) {
          together.record(KEY, 'failure', attempt);
          if (together.acquire(KEY, 'transient')) granted++;
        }
        open = granted - before;
      }

      expect(Math.abs(granted - oneByOne)).toBeLessThanOrEqual(1);
      if ('floor' in options) expect(granted).toBeLessThanOrEqual(10);
    }
  });

  it('grants all retries in trouble of 350 ms at any rate of calls, but not in longer trouble', async () => {
    const clock = manualClock();
    const short = retryBudget({ clock });
    await calm(short, clock, 100);
    expect(await outage(short, clock, { perSecond: 100, seconds: 0.3 })).toBe(60);

    const long = retryBudget({ clock });
    await calm(long, clock, 100);
    expect(await outage(long, clock, { perSecond: 100, seconds: 3 })).toBeLessThan(100);
  });

  it('grants retries again after half a second of successes', async () => {
    const clock = manualClock();
    const budget = await spent(clock);

    succeed(budget, 50);

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('does not grant retries again after one success, if calls were many', async () => {
    const clock = manualClock();
    const budget = await spent(clock);

    succeed(budget, 1);

    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
  });

  it('forgets trouble after five seconds without a failure, however much was spent', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    await outage(budget, clock, { perSecond: 800, seconds: 10 });

    await clock.advance(4_000);
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
    await clock.advance(1_000);

    expect(failingCalls(budget, 60)).toBe(120);
  });

  it('takes fewer tokens for a retry whose time the server gave', () => {
    const options = { rideOut: 0 };
    const transient = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100);
    const throttled = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100, { kind: 'throttled' });

    expect(throttled).toBeGreaterThan(transient * 1.2);
  });

  it('returns the tokens of a permit once', () => {
    const budget = retryBudget({ clock: manualClock(), credit: 6 });
    const permits = [];
    for (let permit = budget.acquire(KEY, 'transient'); permit; permit = budget.acquire(KEY, 'transient'))
      permits.push(permit);

    permits[0]?.release();
    permits[0]?.release();

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
  });

  it('grants an outage few more retries if a wrapper does not pass the attempt on', async () => {
    const clock = manualClock();
    const inner = retryBudget({ clock });
    const wrapped: RetryBudget = {
      acquire: (key, kind) => inner.acquire(key, kind),
      record: (key, outcome) => inner.record(key, outcome),
    };

    expect(await outage(wrapped, clock, { perSecond: 50, seconds: 10 })).toBeLessThan(100);
  });

  it('keeps servers apart', async () => {
    const budget = await spent(manualClock());

    expect(budget.acquire('https://other.example.com', 'transient')).toBeDefined();
  });

  it('forgets the server that was used least recently', () => {
    const budget = retryBudget({ clock: manualClock(), maxKeys: 2 });
    failingCalls(budget, 100);

    budget.record('https://a.example.com', 'success');
    budget.record('https://b.example.com', 'success');

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('works with a clock that is set back', async () => {
    let now = 1_000_000;
    const budget = retryBudget({ rideOut: 0, clock: { now: () => now, sleep: async () => {} } });
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

    budget.begin!(KEY);
    succeed(budget, 1_000);

    expect(reads).toBe(before);
  });

  it('uses the clock of the machine by default', () => {
    expect(failingCalls(retryBudget(), 5)).toBe(10);
  });

  it.each([
    [{ deposit: -1 }, RangeError, 'retryBudget: deposit: expected a number from 0 to 10, got -1'],
    [{ deposit: '1' }, TypeError, 'retryBudget: deposit: expected a number from 0 to 10, got "1"'],
    [{ floor: Number.NaN }, RangeError, 'retryBudget: floor: expected a number from 0 to 1000000, got NaN'],
    [{ floor: null }, TypeError, 'retryBudget: floor: expected a number from 0 to 1000000, got null'],
    [{ rideOut: -1 }, RangeError, 'retryBudget: rideOut: expected a number from 0 to 2147483647, got -1'],
    [{ share: 0.01 }, TypeError, "retryBudget: unknown option 'share'"],
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

describe('defaultBudget', () => {
  it('grants what retryBudget() grants, without snapshot and reset', () => {
    const clock = instantClock();
    const [plain, full] = [defaultBudget(clock), retryBudget({ clock })];

    expect(failingCalls(plain, 100)).toBe(failingCalls(full, 100));
    expect(Object.keys(plain)).toEqual(['acquire', 'isBack', 'mayRetry', 'begin', 'record']);
    expect(Object.keys(defaultBudget())).toEqual(['acquire', 'isBack', 'mayRetry', 'begin', 'record']);
  });
});
