import { describe, expect, it } from 'vitest';
import { History } from '../../src/model/history.ts';

describe('History', () => {
  it('sorts a late entry into the order of time', () => {
    const history = new History();
    history.accept(20, 10);
    history.accept(10, 10);
    history.mark(15, 1);
    expect(history.entries.map(({ from }) => from)).toEqual([10, 15, 20]);
  });

  it('stays small, and keeps the count of acceptances', () => {
    const history = new History();
    for (let now = 0; now < 20_000; now++) history.accept(now, 10);
    expect(history.entries.length).toBeLessThan(600);
    expect(history.entries.reduce((sum, { cost }) => sum + cost, 0)).toBe(20_000);
  });

  it('drops what was before the last few marks', () => {
    const history = new History();
    for (let n = 0; n < 20; n++) {
      history.accept(2 * n, 10);
      history.mark(2 * n + 1, 7);
    }
    expect(history.entries.filter(({ cost }) => cost === 0).length).toBeLessThanOrEqual(9);
    expect(history.missing).toBe(7);
  });
});
