import { expect, it } from 'vitest';
import { Reports } from '../src/reports.ts';

const place = { now: 0, rate: 1, burst: 1, goodFor: 1_000 };

it('tells what the place did not hear of with the next question, but for quotas that are told anew meanwhile', () => {
  const reports = new Reports();
  reports.heard(place as Parameters<Reports['heard']>[0], 0);
  reports.accepted(10, 1, 1);
  reports.tell(10, [
    { name: 'a', remaining: 5 },
    { name: 'b', remaining: 9, limit: 10 },
  ]);
  const lost = reports.take(20);
  reports.accepted(500, 1, 1);
  reports.tell(500, [{ name: 'a', remaining: 3 }]);

  reports.restore(lost);

  const { accepted, requests, quotas } = reports.take(600);
  expect(requests).toBe(2);
  expect(accepted.map(({ from }) => from)).toEqual([10, 500]);
  expect(quotas.map(({ name, remaining }) => [name, remaining])).toEqual([
    ['a', 3],
    ['b', 9],
  ]);
});

it('tells nothing of a quota of which it is not known what is left', () => {
  const reports = new Reports();
  reports.heard(place as Parameters<Reports['heard']>[0], 0);
  reports.tell(10, [{ limit: 10 }, { remaining: 1 }]);

  expect(reports.take(20).quotas).toEqual([{ name: '', at: 10, remaining: 1, limit: 0, reset: 0, window: 0 }]);
});
