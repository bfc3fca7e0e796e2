import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { retryBudget } from '../src/index.ts';
import { failingCalls, KEY, spentFor, succeed } from './support.ts';

describe('what answers show about the server', () => {
  it('says that the server is back after five answers to new calls, until requests fail', async () => {
    const { budget, answer, fail } = await spentFor(1_000);
    const seen = [budget.isBack?.(KEY)];

    for (let i = 0; i < 4; i++) answer(1);
    for (let i = 0; i < 4; i++) answer(2); // of retries, which do not count here
    seen.push(budget.isBack?.(KEY));
    answer(1);
    seen.push(budget.isBack?.(KEY));
    for (let i = 0; i < 6; i++) fail(1);
    seen.push(budget.isBack?.(KEY));

    expect(seen).toEqual([false, false, true, false]);
  });

  it('says that the server may be back when a probe has been unanswered for 50 ms', async () => {
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
    ['in flight for less than 50 ms', 10, 49, false],
    ['in flight for as long as the last failure took', 300, 300, false],
    ['in flight for 50 ms', 10, 50, true],
    ['in flight for longer than the last failure took', 300, 301, true],
  ])('says whether the server may be back while a new call is unanswered: %s', async (_, took, since, isBack) => {
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
  ])('says whether the server may be back after a %s answer, until requests fail', async (_, took, isBack) => {
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
  ])('says the same after a %s first answer if a request failed while it was in flight', async (_, took, isBack) => {
    const { budget, clock } = await spentFor(1_000);
    await clock.advance(2_000);
    budget.record(KEY, 'failure', 1, 2, 2_500);
    budget.record(KEY, 'success', 1, 2, took);
    await clock.advance(7_000);

    expect(budget.isBack!(KEY)).toBe(isBack);
  });

  it.each([
    ['none while held calls wait for their turn', 5, 1_999, 0],
    ['all if no held call was refused its turn for two seconds', 5, 2_000, 40],
    ['none within three times the length of a short outage', 5, 1_049, 0, 350],
    ['all after that', 5, 1_050, 40, 350],
    ['all before five answers to new calls', 4, 0, 40],
  ])('allows other retries: %s', async (_, answered, since, granted, outage = 1_000) => {
    const { budget, clock, answer } = await spentFor(outage);
    for (let i = 0; i < answered; i++) answer(1);
    for (let i = 0; i < 100; i++) answer(2); // pays back all tokens
    for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
    await clock.advance(since);

    expect(budget.mayRetry?.(KEY)).toBe(granted > 0);
    expect(failingCalls(budget, 20)).toBe(granted);
  });

  it.each([
    [1_999, 0],
    [2_000, 40],
  ])(
    'allows other retries two seconds after the first answer if no held call waits for a turn: %i ms, %i retries',
    async (since, granted) => {
      const { budget, clock, answer } = await spentFor(1_000);
      expect(budget.acquire(KEY, 'held')).toBeUndefined();
      for (let i = 0; i < 4; i++) answer(1);
      for (let i = 0; i < 100; i++) answer(2); // pays back all tokens
      await clock.advance(since);
      for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();

      expect(failingCalls(budget, 20)).toBe(granted);
    },
  );

  it.each([
    ['none for two seconds after the first answer if the second of two outages held a call', false, true, 0, 1_999, 0],
    ['all after that', false, true, 0, 2_000, 40],
    ['all at once if only the first outage held a call', true, false, 0, 0, 40],
    ['all at once if the first answer took as long as the failures lasted', false, true, 2_000, 0, 40],
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
    for (let i = 0; i < 100; i++) answer(2); // pays back all tokens
    await clock.advance(since);

    expect(failingCalls(budget, 20)).toBe(granted);
  });

  it('sends one held call for ten answers to new calls if requests fail again while held calls return', async () => {
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
  ])('lets new retries overtake held calls 15 seconds after requests failed again: %i ms', async (since, isFree) => {
    const { budget, clock, answer, fail } = await spentFor(10_000);
    expect(budget.acquire(KEY, 'held')).toBeUndefined();
    answer(1);
    for (let i = 0; i < 100; i++) answer(2); // pays back all tokens

    for (let ms = 0; ms < since; ms += 500) {
      for (let i = 0; i < 8; i++) fail(2);
      for (let i = 0; i < 8; i++) answer(1);
      expect(budget.acquire(KEY, 'held')).toBeUndefined(); // waits for its turn
      await clock.advance(500);
    }

    expect(budget.mayRetry!(KEY)).toBe(isFree);
  });

  it.each([
    [29_999, 0, 0],
    [30_000, 0, 40],
    [31_000, 1_001, 0],
  ])(
    'holds no retry back if the first answered request was sent thirty seconds after the last failure: answered after %i ms, in %i ms, %i retries',
    async (quiet, took, granted) => {
      const { budget, clock } = await spentFor(10_000);
      expect(budget.acquire(KEY, 'held')).toBeUndefined();
      await clock.advance(quiet);
      budget.record(KEY, 'success', 1, 2, took);

      expect(failingCalls(budget, 20)).toBe(granted);
    },
  );

  it('allows other retries thirty seconds after the first answer, even if the outage was longer', async () => {
    const { budget, clock, answer } = await spentFor(600_000);
    const granted = async (since: number) => {
      await clock.advance(since);
      for (let i = 0; i < 100; i++) answer(1); // pays back all tokens
      for (let permit = budget.acquire(KEY, 'held'); permit; permit = budget.acquire(KEY, 'held')) permit.release();
      return budget.mayRetry?.(KEY);
    };

    expect([await granted(0), await granted(29_999), await granted(1)]).toEqual([false, false, true]);
  });

  it('holds other retries back for three times the longer of two outages', async () => {
    const { budget, clock, answer, fail } = await spentFor(10_000);
    answer(1);
    for (let i = 0; i < 8; i++) {
      await clock.advance(100);
      fail(1);
    }
    for (let i = 0; i < 5; i++) answer(1);
    for (let i = 0; i < 100; i++) answer(2); // pays back all tokens
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

  it('says that the server is back after an answer to a held call, until requests fail', async () => {
    const { budget, clock, answer, fail, allowed } = await spentFor(1_000);
    await clock.advance(1_000);
    const seen = [allowed(), budget.isBack!(KEY)];
    answer(2);
    seen.push(budget.isBack!(KEY));
    for (let i = 0; i < 3; i++) fail(1);
    seen.push(budget.isBack!(KEY));

    expect(seen).toEqual([1, false, true, false]);
  });

  it('keeps room for held calls if a call that always fails follows the first answer', async () => {
    const { answer, fail, allowed } = await spentFor(1_000);
    answer(1);
    for (const attempt of [1, 2]) fail(attempt);

    expect(allowed()).toBe(2);
  });

  it('excuses no failure if the server was not down', async () => {
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

  it('excuses one failure for each answered retry, too', async () => {
    const { answer, fail, allowed } = await spentFor(1_000);
    answer(1);
    for (let i = 0; i < 4; i++) answer(2);
    for (let i = 0; i < 5; i++) fail(2);
    expect(allowed()).toBe(10);

    fail(2);
    expect(allowed()).toBe(0);
  });

  it('excuses at most five failures in a row, however many answers came before', async () => {
    const { answer, fail, allowed } = await spentFor(1_000);
    for (let i = 0; i < 1_000; i++) answer(1);
    for (let i = 0; i < 5; i++) fail(1);
    expect(allowed()).toBe(2_000);

    for (let i = 0; i < 1_000; i++) answer(1);
    for (let i = 0; i < 6; i++) fail(1);

    expect(allowed()).toBe(0);
  });

  it.each([
    ['while held calls return', 1, 2_999, true],
    ['not after that', 1, 3_000, false],
    ['as long as only held calls are answered', 2, 60_000, true],
  ])('excuses a failure: %s', async (_, attempt, since, isExcused) => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    answer(attempt);

    await clock.advance(since);
    fail(1);

    expect(allowed() > 0).toBe(isExcused);
  });

  it.each([
    [9, 'while held calls return, from the first that is not excused: the server was full', 0, 0],
    [10, 'while held calls return: the server was down for 350 ms after the first that is not excused', 0, 2],
    [5, 'after that, from the first failure: the server was down', 60_000, 2],
  ])('judges %i failures %s', async (failures, _, pause, granted) => {
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
    // two of them are excused, and count
    [4, 'chance', 'since many clients that make few calls each would keep a service full', 0],
    [5, 'another outage', 'however long they take', 2],
  ])('treats %i failures in a row after an outage as %s, %s', async (failures, _outage, _why, granted) => {
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
    ['continues', 'a retry', 2, 2],
    ['is over', 'a new call', 1, 0],
  ])('%s if requests fail after an answer to %s', async (_, _what, attempt, granted) => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    answer(attempt);
    await clock.advance(500);
    for (let i = 0; i < 3; i++) fail(2);
    await clock.advance(100);
    answer(1);

    expect(allowed()).toBe(granted);
  });

  it('excuses failures also if only retries are answered, e.g. if the first attempt of each call fails', async () => {
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

  it('does not count an outage from a failure that was excused long before, e.g. of a broken path', async () => {
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
