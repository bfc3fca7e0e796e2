import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { retryBudget } from '../src/index.ts';
import { failingCalls, KEY, spentFor, succeed } from './support.ts';

describe('what answers say of the server', () => {
  it('says that the server is back when it has answered five new calls, until it fails', async () => {
    const { budget, answer, fail } = await spentFor(1_000);
    const seen = [budget.isBack?.(KEY)];

    for (let i = 0; i < 4; i++) answer(1);
    for (let i = 0; i < 4; i++) answer(2); // of retries, which say nothing of how often it is called
    seen.push(budget.isBack?.(KEY));
    answer(1);
    seen.push(budget.isBack?.(KEY));
    for (let i = 0; i < 6; i++) fail(1);
    seen.push(budget.isBack?.(KEY));

    expect(seen).toEqual([false, false, true, false]);
  });

  it('says that the server may be back while it is not known of the held call that finds out, from 50 ms on', async () => {
    const { budget, clock, fail, allowed } = await spentFor(0);
    await clock.advance(350);
    expect(allowed()).toBe(1);

    await clock.advance(49);
    const seen = [budget.isBack!(KEY)];
    await clock.advance(1);
    seen.push(budget.isBack!(KEY));
    fail(2);
    seen.push(budget.isBack!(KEY));

    expect(seen).toEqual([false, true, false]);
  });

  it.each([
    ['before it is under way for 50 ms', 10, 49, false],
    ['until it has failed as late as the one before', 300, 300, false],
    ['then', 10, 50, true],
    ['then, for longer than the one before', 300, 301, true],
  ])('says that the server may be back while it is not known of a new call: %s', async (_, took, since, isBack) => {
    const { budget, clock } = await spentFor(1_000);
    budget.record(KEY, 'failure', 1, 2, took);
    const seen = [budget.isBack!(KEY)];
    budget.begin!(KEY);
    await clock.advance(since);
    seen.push(budget.isBack!(KEY));
    budget.record(KEY, 'failure', 1, 2, took);
    seen.push(budget.isBack!(KEY));

    expect(seen).toEqual([false, isBack, false]);
  });

  it.each([
    ['slow', 200, true],
    ['fast', 199, false],
  ])('says so also of %s answers, until requests fail', async (_, took, isBack) => {
    const { budget, clock, answer, fail } = await spentFor(1_000);
    fail(1);
    budget.begin!(KEY);
    await clock.advance(took);
    answer(1);
    budget.begin!(KEY);
    await clock.advance(1_000);

    expect(budget.isBack!(KEY)).toBe(isBack);
    for (let i = 0; i < 3; i++) fail(1);
    expect(budget.isBack!(KEY)).toBe(false);
  });

  it.each([
    ['slow', 200, true],
    ['fast', 199, false],
  ])('says so of a first answer that was %s, whatever failed meanwhile', async (_, took, isBack) => {
    const { budget, clock } = await spentFor(1_000);
    await clock.advance(2_000);
    budget.record(KEY, 'failure', 1, 2, 2_500);
    budget.record(KEY, 'success', 1, 2, took);
    await clock.advance(7_000);

    expect(budget.isBack!(KEY)).toBe(isBack);
  });

  it.each([
    ['none while such calls wait for their turn', 5, 1_999, 0],
    ['all when none has been refused its turn for two seconds', 5, 2_000, 40],
    ['none before a short outage is over for three times its length', 5, 1_049, 0, 350],
    ['all when it is over for so long', 5, 1_050, 40, 350],
    ['all before five new calls are answered', 4, 0, 40],
  ])('allows other retries: %s', async (_, answered, since, granted, outage = 1_000) => {
    const { budget, clock, answer } = await spentFor(outage);
    for (let i = 0; i < answered; i++) answer(1);
    for (let i = 0; i < 100; i++) answer(2); // all is paid
    for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
    await clock.advance(since);

    expect(budget.mayRetry?.(KEY)).toBe(granted > 0);
    expect(failingCalls(budget, 20)).toBe(granted);
  });

  it.each([
    [1_999, 0],
    [2_000, 40],
  ])(
    'allows other retries two seconds after the first answer, where no held call waits for a turn: %i ms, %i',
    async (since, granted) => {
      const { budget, clock, answer } = await spentFor(1_000);
      expect(budget.acquire(KEY, 'held')).toBeUndefined();
      for (let i = 0; i < 4; i++) answer(1);
      for (let i = 0; i < 100; i++) answer(2); // all is paid
      await clock.advance(since);
      for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();

      expect(failingCalls(budget, 20)).toBe(granted);
    },
  );

  it.each([
    [
      'none for two seconds after the first answer, where the second of two outages held a call',
      false,
      true,
      0,
      1_999,
      0,
    ],
    ['all then', false, true, 0, 2_000, 40],
    ['all at once, where the first of them held one', true, false, 0, 0, 40],
    ['all at once, where the first answer took as long as the failures lasted', false, true, 2_000, 0, 40],
  ])('allows other retries: %s', async (_, first, second, took, since, granted) => {
    const { budget, clock, answer, fail } = await spentFor(10_000);
    const refuse = () => expect(budget.acquire(KEY, 'held')).toBeUndefined();
    if (first) refuse();
    answer(1);
    await clock.advance(31_000);
    for (let i = 0; i < 8; i++) {
      await clock.advance(300);
      fail(1);
    }
    if (second) refuse();
    budget.record(KEY, 'success', 1, 2, took);
    for (let i = 0; i < 100; i++) answer(2); // all is paid
    await clock.advance(since);

    expect(failingCalls(budget, 20)).toBe(granted);
  });

  it('sends a held call for each ten new calls that are answered, where requests fail again while those of an outage come back', async () => {
    const { clock, answer, fail, allowed } = await spentFor(10_000);
    answer(1);
    for (let i = 0; i < 3; i++) fail(1);
    const seen: number[] = [];

    for (let i = 1; i <= 30; i++) {
      await clock.advance(200);
      answer(1);
      seen.push(allowed());
    }

    expect(seen.flatMap((granted, i) => (granted > 0 ? [i + 1, granted] : []))).toEqual([10, 1, 20, 1, 30, 1]);
  });

  it.each([
    [14_500, false],
    [15_000, true],
  ])(
    'makes no retry wait for the calls of an outage 15 seconds after requests have failed again: %i ms',
    async (since, isFree) => {
      const { budget, clock, answer, fail } = await spentFor(10_000);
      expect(budget.acquire(KEY, 'held')).toBeUndefined();
      answer(1);
      for (let i = 0; i < 100; i++) answer(2); // all is paid

      for (let ms = 0; ms < since; ms += 500) {
        for (let i = 0; i < 8; i++) fail(2);
        for (let i = 0; i < 8; i++) answer(1);
        expect(budget.acquire(KEY, 'held')).toBeUndefined(); // it waits for its turn
        await clock.advance(500);
      }

      expect(budget.mayRetry!(KEY)).toBe(isFree);
    },
  );

  it.each([
    [29_999, 0, 0],
    [30_000, 0, 40],
    [31_000, 1_001, 0],
  ])(
    'holds no retry back after an answer to a request that was sent thirty seconds after the last failure or later: answered after %i ms, in %i ms, %i retries',
    async (quiet, took, granted) => {
      const { budget, clock } = await spentFor(10_000);
      expect(budget.acquire(KEY, 'held')).toBeUndefined();
      await clock.advance(quiet);
      budget.record(KEY, 'success', 1, 2, took);

      expect(failingCalls(budget, 20)).toBe(granted);
    },
  );

  it('allows other retries thirty seconds after the first answer, also where the outage was longer', async () => {
    const { budget, clock, answer } = await spentFor(600_000);
    const granted = async (since: number) => {
      await clock.advance(since);
      for (let i = 0; i < 100; i++) answer(1); // all is paid
      for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
      return budget.mayRetry?.(KEY);
    };

    expect([await granted(0), await granted(29_999), await granted(1)]).toEqual([false, false, true]);
  });

  it('allows other retries as late as the longer of two outages says', async () => {
    const { budget, clock, answer, fail } = await spentFor(10_000);
    answer(1);
    for (let i = 0; i < 8; i++) {
      await clock.advance(100);
      fail(1);
    }
    for (let i = 0; i < 5; i++) answer(1);
    for (let i = 0; i < 100; i++) answer(2); // all is paid
    for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
    await clock.advance(1_900);

    expect(budget.mayRetry?.(KEY)).toBe(false);
  });

  it('allows other retries at once after two failures that are far apart', async () => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    for (let i = 0; i < 2; i++) {
      await clock.advance(60_000);
      budget.record(KEY, 'failure', 1);
    }
    succeed(budget, 5);

    expect(budget.acquire(KEY, 'held')).toBeUndefined();
    expect(budget.mayRetry?.(KEY)).toBe(true);
  });

  it('says that the server is back also when it has answered a held call, until requests fail', async () => {
    const { budget, clock, answer, fail, allowed } = await spentFor(1_000);
    await clock.advance(1_000);
    const seen = [allowed(), budget.isBack!(KEY)];
    answer(2);
    seen.push(budget.isBack!(KEY));
    for (let i = 0; i < 3; i++) fail(1);
    seen.push(budget.isBack!(KEY));

    expect(seen).toEqual([1, false, true, false]);
  });

  it('does not end as it begins where the first new call that is answered is followed by a call that fails for good', async () => {
    const { answer, fail, allowed } = await spentFor(1_000);
    answer(1);
    for (const attempt of [1, 2]) fail(attempt);

    expect(allowed()).toBe(2);
  });

  it('excuses no failure of a server that was not down', async () => {
    const { budget, answer, fail } = await spentFor(349);
    for (let i = 0; i < 5; i++) answer(1);
    expect(budget.isBack?.(KEY)).toBe(true);
    fail(1);

    expect(budget.isBack?.(KEY)).toBe(false);
  });

  it('ignores failures of requests that were sent before the server answered again, and no others', async () => {
    const { budget, clock, answer, allowed } = await spentFor(1_000);
    const fail = (took: number) => budget.record(KEY, 'failure', 1, 2, took);
    answer(1);
    await clock.advance(1_000);
    for (let i = 0; i < 10; i++) fail(1_001);
    expect(allowed()).toBe(2);

    answer(1);
    for (let i = 0; i < 10; i++) fail(1_000);
    expect(allowed()).toBe(0);
  });

  it('excuses a failure also for each retry that is answered', async () => {
    const { answer, fail, allowed } = await spentFor(1_000);
    answer(1);
    for (let i = 0; i < 4; i++) answer(2);
    for (let i = 0; i < 5; i++) fail(2);
    expect(allowed()).toBe(10);

    fail(2);
    expect(allowed()).toBe(0);
  });

  it('excuses at most five failures in a row, however many were answered', async () => {
    const { answer, fail, allowed } = await spentFor(1_000);
    for (let i = 0; i < 1_000; i++) answer(1);
    for (let i = 0; i < 5; i++) fail(1);
    expect(allowed()).toBe(2_000);

    for (let i = 0; i < 1_000; i++) answer(1);
    for (let i = 0; i < 6; i++) fail(1);

    expect(allowed()).toBe(0);
  });

  it.each([
    ['until the calls of the outage are back', 1, 2_999, true],
    ['no longer', 1, 3_000, false],
    ['for as long as held calls alone are answered', 2, 60_000, true],
  ])('excuses a failure: %s', async (_, attempt, since, isExcused) => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    answer(attempt);

    await clock.advance(since);
    fail(1);

    expect(allowed() > 0).toBe(isExcused);
  });

  it.each([
    [9, 'while the calls of an outage come back, from the first that is not excused: it was full', 0, 0],
    [10, 'then, from that one: 350 ms after it the server was down', 0, 2],
    [5, 'when those calls are back, from its first: it was down, as in the outage before', 60_000, 2],
  ])('counts an outage of %i failures %s', async (failures, _, pause, granted) => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    for (let i = 0; i < 100; i++) answer(1);
    await clock.advance(pause);

    for (let i = 0; i < failures; i++) {
      await clock.advance(100);
      fail(1);
    }
    answer(1);

    expect(allowed()).toBe(granted);
  });

  it.each([
    // the first two are excused
    [6, 'bad luck', 'since many clients that make few calls each would keep a service full', 0],
    [7, 'another outage', 'however long they take', 2],
  ])('takes %i failures in a row after it for %s, %s', async (failures, _outage, _why, granted) => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    answer(1);
    for (let i = 0; i < failures; i++) {
      await clock.advance(200);
      fail(1);
    }
    answer(1);

    expect(allowed()).toBe(granted);
  });

  it.each([
    ['goes on', 'a retry', 2, 2],
    ['is over', 'a new call', 1, 0],
  ])('%s where one fails after %s was answered', async (_, _what, attempt, granted) => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    answer(attempt);
    await clock.advance(500);
    for (let i = 0; i < 3; i++) fail(2);
    await clock.advance(100);
    answer(1);

    expect(allowed()).toBe(granted);
  });

  it('excuses failures also where only retries are answered, as where the first attempt of every call fails', async () => {
    const { answer, fail, allowed } = await spentFor(1_000);
    answer(2);
    fail(1);
    fail(1);
    expect(allowed()).toBe(2);

    fail(1);
    expect(allowed()).toBe(0);
  });

  it('does not count an outage from an excused failure before the last answer', async () => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    answer(1);
    fail(1);
    await clock.advance(500);
    answer(1);
    for (let i = 0; i < 7; i++) {
      await clock.advance(20);
      fail(1);
    }
    answer(1);

    expect(allowed()).toBe(0);
  });

  it('does not count an outage from a failure that was excused long before, as of one broken thing', async () => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    for (let i = 0; i < 100; i++) answer(1);
    for (let i = 0; i < 3; i++) fail(1);
    await clock.advance(600_000);

    for (let i = 0; i < 9; i++) {
      await clock.advance(100);
      fail(1);
    }
    for (let i = 0; i < 5; i++) answer(1);

    expect(allowed()).toBe(10);
  });
});
