import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { retryBudget } from '../src/index.ts';
import { failingCalls, KEY, spentFor, succeed } from './support.ts';

describe('what answers say of the server', () => {
  it('gives held calls a turn each second when the server has answered five new calls, until it fails', async () => {
    const { budget, answer, fail } = await spentFor(1_000);
    const seen = [budget.turn?.(KEY, 0)];

    for (let i = 0; i < 4; i++) answer(1);
    for (let i = 0; i < 4; i++) answer(2); // of retries, which say nothing of how often it is called
    seen.push(budget.turn?.(KEY, 0));
    answer(1);
    seen.push(budget.turn?.(KEY, 0));
    for (let i = 0; i < 6; i++) fail(1);
    seen.push(budget.turn?.(KEY, 0));

    expect(seen).toEqual([0, 0, 1_000, 0]);
  });

  it('gives them turns while the held call that finds out is under way: as soon as that takes 50 ms, then each second', async () => {
    const { budget, clock, fail, allowed } = await spentFor(0);
    await clock.advance(350);
    expect(allowed()).toBe(1);

    await clock.advance(49);
    const seen = [budget.turn!(KEY, 0)];
    await clock.advance(1);
    seen.push(budget.turn!(KEY, 0));
    fail(2);
    seen.push(budget.turn!(KEY, 0));

    expect(seen).toEqual([1, 1_000, 0]);
  });

  it.each([
    ['as soon as it is under way for 50 ms', 10, 0, 50],
    ['as soon as it is under way for 50 ms', 10, 49, 1],
    ['then each second', 10, 50, 1_000],
    ['as soon as it has not failed as fast as the one before', 199, 60, 140],
    ['then each second', 199, 200, 1_000],
    ['none before, where that one was slow', 200, 200, 0],
    ['then each second', 200, 201, 1_000],
    ['once', 10, 49, 0, 1],
    ['for ten seconds', 10, 9_999, 1_000],
    ['no longer', 10, 10_000, 0],
  ])('gives them turns while a new call is under way: %s', async (_, took, since, turn, turns = 0) => {
    const { budget, clock } = await spentFor(1_000);
    budget.record(KEY, 'failure', 1, 2, took);
    const seen = [budget.turn!(KEY, 0)];
    budget.begin!(KEY);
    await clock.advance(since);
    seen.push(budget.turn!(KEY, turns));
    budget.record(KEY, 'failure', 1, 2, took);
    seen.push(budget.turn!(KEY, 0));

    expect(seen).toEqual([0, turn, 0]);
  });

  it.each([
    ['slow', 200, 1_000],
    ['fast', 199, 0],
  ])('gives them turns also in the first seconds of %s answers', async (_, took, turn) => {
    const { budget, clock, answer, fail } = await spentFor(1_000);
    fail(1);
    budget.begin!(KEY);
    await clock.advance(took);
    answer(1);
    budget.begin!(KEY);
    await clock.advance(1_000);

    expect(budget.turn!(KEY, 0)).toBe(turn);
    await clock.advance(8_800);
    expect(budget.turn!(KEY, 0)).toBe(0);
  });

  it.each([
    ['slow', 200, 7_000, 1_000],
    ['fast', 199, 7_000, 0],
    ['slow', 2_000, 7_999, 1_000],
    ['slow', 2_000, 8_000, 0],
  ])(
    'gives them turns after a first answer that was %s, until ten seconds after it was sent, whatever failed meanwhile',
    async (_, took, since, turn) => {
      const { budget, clock } = await spentFor(1_000);
      await clock.advance(2_000);
      budget.record(KEY, 'failure', 1, 2, 2_500);
      budget.record(KEY, 'success', 1, 2, took);
      await clock.advance(since);

      expect(budget.turn!(KEY, 0)).toBe(turn);
    },
  );

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

  it('allows other retries thirty seconds after the first answer, also where nothing was called for an hour before it', async () => {
    const { budget, clock, answer } = await spentFor(3_600_000);
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
    for (let i = 0; i < 6; i++) {
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

  it('gives held calls turns also when a held one was answered, until requests fail', async () => {
    const { budget, clock, answer, fail, allowed } = await spentFor(1_000);
    await clock.advance(1_000);
    const seen = [allowed(), budget.turn!(KEY, 0)];
    answer(2);
    seen.push(budget.turn!(KEY, 0));
    for (let i = 0; i < 3; i++) fail(1);
    seen.push(budget.turn!(KEY, 0));

    expect(seen).toEqual([1, 50, 1_000, 0]);
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
    expect(budget.turn?.(KEY, 0)).toBe(1_000);
    fail(1);

    expect(budget.turn?.(KEY, 0)).toBe(0);
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

  it('excuses a failure however long ago the outage was', async () => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    for (let i = 0; i < 100; i++) answer(1);

    await clock.advance(60_000);
    fail(1);

    expect(allowed()).toBeGreaterThan(0);
  });

  it('counts an outage from its first failure, also where that one was excused', async () => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);
    for (let i = 0; i < 100; i++) answer(1);
    await clock.advance(60_000);

    for (let i = 0; i < 9; i++) {
      await clock.advance(100);
      fail(1);
    }
    answer(1);

    expect(allowed()).toBe(2);
  });

  it.each([
    [4, 'bad luck', 'since many clients that make few calls each would keep a service full', 0],
    [5, 'another outage', 'however long they take', 2],
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
