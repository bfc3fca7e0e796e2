import { expect, it } from 'vitest';
import { Reports } from '../src/reports.ts';

const place = { now: 0, rate: 1, burst: 1, goodFor: 1_000 };

it('reports what did not arrive with the next question, except for quotas that were reported anew meanwhile', () => {
  const reports = new Reports();
  reports.answered(place as Parameters<Reports['answered']>[0], 0);
  reports.add(10, 1, 1);
  const told = [
    { name: 'a', remaining: 5 },
    { name: 'b', remaining: 9, limit: 10 },
  ];
  reports.addQuotas(10, told, true);
  const lost = reports.take(20);
  reports.add(500, 1, 1);
  reports.addQuotas(500, [{ name: 'a', remaining: 3 }], true);

  reports.restore(lost);

  const { accepted, requests, quotas } = reports.take(600);
  expect(requests).toBe(2);
  expect(accepted.map(({ from }) => from)).toEqual([10, 500]);
  expect(quotas.map(({ name, remaining }) => [name, remaining])).toEqual([
    ['a', 3],
    ['b', 9],
  ]);
});

it('does not report a quota without the number that is left', () => {
  const reports = new Reports();
  reports.answered(place as Parameters<Reports['answered']>[0], 0);
  reports.addQuotas(10, [{ limit: 10 }, { remaining: 1 }], true);

  expect(reports.take(20).quotas).toEqual([{ name: '', at: 10, remaining: 1, limit: 0, reset: 0, window: 0 }]);
});

it('reports of a refusal only quotas that the last accepted answer had too, with the same limit; before any, those with a limit', () => {
  const reports = new Reports();
  reports.answered(place as Parameters<Reports['answered']>[0], 0);
  reports.addQuotas(0, [{ remaining: 0 }], false);
  expect(reports.take(5).quotas).toEqual([]);
  const refused = [
    { name: 'a', remaining: 0, limit: 10 },
    { name: 'b', remaining: 0, limit: 10 },
    { name: 'c', remaining: 0, limit: 10 },
  ];
  reports.addQuotas(10, refused, false);
  expect(reports.take(20).quotas).toHaveLength(3);

  const accepted = [
    { name: 'a', remaining: 5, limit: 10 },
    { name: 'b', remaining: 90, limit: 100 },
  ];
  reports.addQuotas(30, accepted, true);
  reports.take(40);
  reports.addQuotas(50, refused, false);
  expect(reports.take(60).quotas.map(({ name, remaining }) => [name, remaining])).toEqual([['a', 0]]);
});

it('reports a finite cost, whatever cost an answer has: JSON has no Infinity', () => {
  const reports = new Reports();
  reports.answered(place as Parameters<Reports['answered']>[0], 0);
  for (const at of [10, 11]) reports.add(at, 1e308, 1);
  const { accepted, extra } = reports.take(20);
  expect([accepted[0]!.cost, extra].every(Number.isFinite)).toBe(true);
});
