import { instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { defaultBudget, type RetryBudget, retryBudget } from '../src/index.ts';
import { calm, failingCalls, KEY, outage, spent, succeed } from './support.ts';

/** One call that fails `failures` times, then succeeds; true when it got every retry it needed. */
function call(budget: RetryBudget, failures: number, { retries = 2, key = KEY } = {}): boolean {
  for (let attempt = 1; attempt <= failures; attempt++) {
    budget.record(key, 'failure', attempt);
    if (attempt > retries || !budget.acquire(key, 'transient')) return false;
  }
  budget.record(key, 'success', failures + 1);
  return true;
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

  it('lets every call of a page have five retries where it may make as many, and hardly more', () => {
    expect(failingCalls(retryBudget({ clock: manualClock() }), 60, { retries: 5 })).toBe(300);
    expect(failingCalls(retryBudget({ clock: manualClock() }), 60, { retries: 1_000 })).toBeLessThan(400);
  });

  it('lets every call of a page have its retries when all of them fail, again ten seconds later', async () => {
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

  it('does not notice a job of which every first attempt fails and every second succeeds', () => {
    const clock = instantClock();
    const budget = retryBudget({ clock });

    for (let n = 0; n < 10_000; n++) {
      expect(call(budget, 1)).toBe(true);
      clock.advance(20);
    }
  });

  it('does not run dry of it where one call in fifty fails twice', () => {
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

  it('rides out trouble of a third of a second at any pace, and no longer trouble', async () => {
    const clock = manualClock();
    const short = retryBudget({ clock });
    await calm(short, clock, 100);
    expect(await outage(short, clock, { perSecond: 100, seconds: 0.3 })).toBe(60);

    const long = retryBudget({ clock });
    await calm(long, clock, 100);
    expect(await outage(long, clock, { perSecond: 100, seconds: 3 })).toBeLessThan(100);
  });

  it('is back after half a second of successes', async () => {
    const clock = manualClock();
    const budget = await spent(clock);

    succeed(budget, 50);

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
  });

  it('is not opened by one success, where much was called', async () => {
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

  it('asks less for a retry that the server invited', () => {
    const options = { rideOut: 0 };
    const transient = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100);
    const throttled = failingCalls(retryBudget({ clock: manualClock(), ...options }), 100, { kind: 'throttled' });

    expect(throttled).toBeGreaterThan(transient * 1.2);
  });

  it('takes a token back once', () => {
    const budget = retryBudget({ clock: manualClock(), credit: 6 });
    const permits = [];
    for (let permit = budget.acquire(KEY, 'transient'); permit; permit = budget.acquire(KEY, 'transient'))
      permits.push(permit);

    permits[0]?.release();
    permits[0]?.release();

    expect(budget.acquire(KEY, 'transient')).toBeDefined();
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();
  });

  it('grants an outage not many more where a wrapper does not say which attempt it was', async () => {
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

  it('is not disturbed by a clock that is set back', async () => {
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

  it('uses the clock of the machine when it is given none', () => {
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
  it('grants what retryBudget() grants, and has nothing to look at', () => {
    const clock = instantClock();
    const [plain, full] = [defaultBudget(clock), retryBudget({ clock })];

    expect(failingCalls(plain, 100)).toBe(failingCalls(full, 100));
    expect(Object.keys(plain)).toEqual(['acquire', 'isBack', 'mayRetry', 'begin', 'record']);
    expect(Object.keys(defaultBudget())).toEqual(['acquire', 'isBack', 'mayRetry', 'begin', 'record']);
  });
});
