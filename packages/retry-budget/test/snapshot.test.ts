import { manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { retryBudget } from '../src/index.ts';
import { failingCalls, KEY, spent, succeed } from './support.ts';

describe('the snapshot of a budget', () => {
  it('has the state of each server', async () => {
    const clock = manualClock();
    const budget = await spent(clock);
    succeed(budget, 1, 'https://a.example.com');
    budget.record('https://b.example.com', 'failure', 1);
    await clock.advance(100);

    const { [KEY]: down, 'https://a.example.com': well, 'https://b.example.com': shaky } = budget.snapshot();

    expect(down).toMatchObject({ state: 'spent', left: 0, failingFor: 2_100 });
    expect(well).toMatchObject({ state: 'ready', failingFor: undefined });
    expect(well!.left).toBe(well!.reserve);
    expect(well!.left).toBeCloseTo(19.77);
    expect(shaky).toMatchObject({ state: 'trouble', reserve: 20, failingFor: 100 });
    expect(shaky!.left).toBeCloseTo(19.52);
  });

  it('is not changed by reading it, which adds no key', async () => {
    const clocks = [manualClock(), manualClock()] as const;
    const [asked, left] = [await spent(clocks[0]), await spent(clocks[1])];
    expect(retryBudget().snapshot()).toEqual({});
    for (let n = 0; n < 100; n++) {
      asked.snapshot();
      for (const clock of clocks) await clock.advance(40);
    }

    succeed(asked, 20);
    succeed(left, 20);

    expect(asked.snapshot()).toEqual(left.snapshot());
    expect(Object.keys(asked.snapshot())).toEqual([KEY]);
  });

  it('is a copy', async () => {
    const budget = await spent(manualClock());

    (budget.snapshot()[KEY] as { left: number }).left = 100;

    expect(budget.snapshot()[KEY]!.left).toBe(0);
  });

  it('can be forgotten, for one server or for all', async () => {
    const budget = await spent(manualClock());
    budget.record('https://a.example.com', 'failure', 1);

    budget.reset('https://a.example.com');
    expect(Object.keys(budget.snapshot())).toEqual([KEY]);
    expect(budget.acquire(KEY, 'transient')).toBeUndefined();

    budget.reset();
    expect(budget.snapshot()).toEqual({});
    expect(failingCalls(budget, 5)).toBe(10);
  });
});
