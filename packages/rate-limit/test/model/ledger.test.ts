import { expect, it } from 'vitest';
import { Ledger } from '../../src/model/ledger.ts';

it('returns how much had been spent by a time, in bounded memory', () => {
  const ledger = new Ledger();
  expect(ledger.by(0)).toBe(0);
  for (let now = 0; now <= 100_000; now += 10) ledger.note(now, now / 10, 1_000);
  expect(ledger.by(100_500)).toBeCloseTo(10_000, -1);
  expect(ledger.by(99_505)).toBe(9_950);
  expect(ledger.by(0)).toBeGreaterThan(9_000);
});

it('counts the latest spending, and all spending of one instant', () => {
  const ledger = new Ledger();
  ledger.note(0, 1, 1_000);
  ledger.note(5_000, 2, 1_000);
  ledger.note(5_001, 3, 1_000);
  expect(ledger.by(4_000)).toBe(1);
  expect(ledger.by(6_000)).toBe(3);
});
