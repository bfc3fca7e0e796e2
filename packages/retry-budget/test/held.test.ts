import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { retryBudget } from '../src/index.ts';
import { KEY, spentFor } from './support.ts';

describe('the retries of held calls', () => {
  it('says that a retry may be allowed while tokens are left, or while there is room for a held call', async () => {
    const { budget, answer, fail, allowed } = await spentFor(1_000);
    const spend = () => {
      while (budget.acquire(KEY, 'transient'));
      return budget.mayRetry?.(KEY);
    };
    const seen = [budget.mayRetry?.(KEY), spend()];
    answer(1);
    seen.push(spend());
    allowed();
    seen.push(budget.mayRetry?.(KEY));
    answer(1);
    seen.push(spend());
    for (let i = 0; i < 3; i++) fail(1); // one more than answers since the first new call
    seen.push(budget.mayRetry?.(KEY));
    fail(1);
    seen.push(budget.mayRetry?.(KEY));

    expect(seen).toEqual([true, false, true, false, true, true, false]);
  });

  it('allows two for each answer after an outage', async () => {
    const { answer, allowed } = await spentFor(350);

    expect(allowed()).toBe(0);
    answer(1);
    expect(allowed()).toBe(2);
    expect(allowed()).toBe(0);
    answer(1);
    expect(allowed()).toBe(2);
  });

  it.each([
    ['at the first failure', 1_000, 2],
    ['before it', 1_001, 0],
  ])('allows some or none for an answer to a request that was sent %s', async (_, took, count) => {
    const { budget, clock, allowed } = await spentFor(500);
    budget.begin!(KEY);
    await clock.advance(500);
    budget.record(KEY, 'success', 1, 2, took);

    expect(allowed()).toBe(count);
  });

  it('allows two for each answered held call, too', async () => {
    const { answer, allowed } = await spentFor(50_000);

    for (let i = 0; i < 10; i++) answer(1);
    expect(allowed()).toBe(20);
    answer(2);
    answer(2);
    expect(allowed()).toBe(4);
  });

  it('allows none after two more failures than answers, nor if the server answers only now and then', async () => {
    const { clock, answer, fail, allowed } = await spentFor(1_000);

    answer(1);
    fail(1);
    fail(1);
    fail(1);
    expect(allowed()).toBe(0);
    await clock.advance(349);
    fail(1);
    answer(1);
    expect(allowed()).toBe(0);
  });

  it('starts a new count after each outage', async () => {
    const { clock, answer, fail, allowed } = await spentFor(350);

    for (let i = 0; i < 5; i++) answer(1);
    expect(allowed()).toBe(10);
    fail(1);
    fail(1);
    await clock.advance(350);
    fail(1);
    answer(1);
    expect(allowed()).toBe(2);
  });

  it.each([
    ['by chance', 1],
    ['always, and so do their retries', 2],
  ])('excuses one failure per answer, and one more, since some calls fail %s', async (_, attempt) => {
    const { budget, answer, fail } = await spentFor(1_000);
    for (let i = 0; i < 4; i++) {
      answer(1);
      fail(attempt);
    }
    answer(1);
    const seen = [budget.isBack?.(KEY)];
    for (let i = 0; i < 3; i++) {
      fail(attempt);
      seen.push(budget.isBack?.(KEY));
    }

    expect(seen).toEqual([true, true, true, false]);
  });

  it('allows one after a second without an answer or a failure, and two for each that is answered', async () => {
    const { budget, clock, answer, allowed } = await spentFor(0);

    budget.begin!(KEY);
    await clock.advance(999);
    expect(allowed()).toBe(0);
    await clock.advance(1);
    expect(allowed()).toBe(1);
    answer(2);
    expect(allowed()).toBe(2);
    answer(2);
    expect(allowed()).toBe(2);
  });

  it('allows the next one a second after the last one failed, or had no outcome', async () => {
    const { budget, clock, fail, allowed } = await spentFor(0);

    budget.begin!(KEY);
    await clock.advance(1_000);
    expect(allowed()).toBe(1);
    await clock.advance(900);
    fail(2);
    budget.begin!(KEY);
    await clock.advance(999);
    expect(allowed()).toBe(0);
    await clock.advance(1);
    expect(allowed()).toBe(1);
    await clock.advance(1_000);
    expect(allowed()).toBe(1);
  });

  it.each([
    ['350 ms', 0, 350],
    ['five times the time between two failures', 2_600, 500],
  ])('allows one if no new call follows a burst: %s after the last failure', async (_, outage, after) => {
    const { clock, allowed } = await spentFor(outage);

    await clock.advance(after - 1);
    expect(allowed()).toBe(0);
    await clock.advance(1);
    expect(allowed()).toBe(1);
  });

  it.each([
    ['another outage after thirty seconds without a failure, if only held calls were answered', 30_000, 2, 1],
    ['another outage after thirty seconds without an answer', 30_000, undefined, 1],
    ['the same outage before that', 29_999, undefined, 0],
  ])('treats the next burst of failures as %s', async (_, pause, answered, count) => {
    const { clock, answer, fail, allowed } = await spentFor(0);
    if (answered) answer(answered);
    await clock.advance(pause);
    for (let i = 0; i < 10; i++) fail(1);

    await clock.advance(350);
    expect(allowed()).toBe(count);
  });

  it('waits from when a slow failure ended: new calls may have been made until then', async () => {
    const { budget, clock, allowed } = await spentFor(0);
    await clock.advance(400);
    budget.record(KEY, 'failure', 1, 2, 400);

    const seen = [allowed()];
    await clock.advance(349);
    seen.push(allowed());
    await clock.advance(1);
    seen.push(allowed());

    expect(seen).toEqual([0, 0, 1]);
  });

  it('allows the next one 350 ms after the last one failed, if no new call follows a burst', async () => {
    const { clock, fail, allowed } = await spentFor(0);

    await clock.advance(350);
    expect(allowed()).toBe(1);
    fail(2);
    await clock.advance(349);
    expect(allowed()).toBe(0);
    await clock.advance(1);
    expect(allowed()).toBe(1);
  });

  it.each([
    ['a call a second', 1_000, 5],
    ['fewer than five calls', 0, 4],
  ])('allows none within a second if %s failed', async (_, gap, calls) => {
    const clock = manualClock();
    const budget = retryBudget({ clock });
    for (let i = 0; i < calls; i++) {
      await clock.advance(gap);
      budget.record(KEY, 'failure', 1);
    }

    await clock.advance(999);
    expect(budget.acquire(KEY, 'held')).toBeUndefined();
    await clock.advance(1);
    expect(budget.acquire(KEY, 'held')).toBeDefined();
  });

  it.each([1, 100, 900])('allows one per 50 failures while all new calls fail, one call each %i ms', async (ms) => {
    const { clock, fail, allowed } = await spentFor(1_000);
    let granted = 0;
    for (let i = 0; i < 1_000; i++) {
      await clock.advance(ms);
      fail(1);
      granted += allowed();
    }

    expect(granted).toBe(20);
  });

  it('allows nearly all if the first attempt of each call fails and its retry is answered', async () => {
    const { clock, answer, fail, allowed } = await spentFor(3_000);
    let granted = 0;
    for (let i = 0; i < 600; i++) {
      await clock.advance(100);
      fail(1);
      const now = Math.min(1, allowed());
      granted += now;
      if (now === 1) answer(2);
    }

    expect(granted).toBeGreaterThan(550);
  });

  it('allows one after short trouble, a second after the last failure', async () => {
    const { clock, answer, allowed } = await spentFor(100);

    answer(1);
    expect(allowed()).toBe(0);
    await clock.advance(1_000);

    expect(allowed()).toBe(1);
  });

  it('gives a probe as much time as the last failed attempt took', async () => {
    const { budget, clock, allowed } = await spentFor(1_000);

    budget.record(KEY, 'failure', 1, 2, 10_000);
    expect(allowed()).toBe(1);
    await clock.advance(9_999);
    expect(allowed()).toBe(0);
    await clock.advance(1);
    expect(allowed()).toBe(1);
  });
});
