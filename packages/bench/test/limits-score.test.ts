import { seededRandom } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import { BARS, missedAims, regressions } from '../src/limits/bars.ts';
import { mostAccepted } from '../src/limits/bound.ts';
import { type Hint, tell } from '../src/limits/hints.ts';
import { bucket, fixedWindow, unlimited } from '../src/limits/limits.ts';
import { isDominated } from '../src/limits/published.ts';
import type { GridRow } from '../src/limits/row.ts';
import { ROWS } from '../src/limits/rows.ts';
import { type History, meanOf, score } from '../src/limits/score.ts';
import { summaryOf } from '../src/limits/summary.ts';

const ROW: GridRow = {
  name: 'bucket',
  group: 'untold',
  limit: bucket(100, 20),
  hint: 'seconds',
  load: { workers: 40 },
  lasts: 60_000,
};
const boundOf = (row: GridRow) => mostAccepted(row, row.limit.create(seededRandom(1)));
const historyOf = (row: GridRow, accepted: History['accepted']): History => ({
  limit: row.limit.create(seededRandom(1)),
  accepted,
  refused: [],
  lost: 0,
  early: 0,
  hasty: 0,
});
/** One each so many milliseconds, by the processes in turn. */
const steady = (every: number, until: number, turns: readonly number[] = [0]): History['accepted'] =>
  Array.from({ length: until / every }, (_, index) => ({ at: index * every, process: turns[index % turns.length]! }));

describe('the bound', () => {
  it('of a bucket that is not told is lower by two silences, less what it saves up', () => {
    expect(boundOf(ROW)).toBe(6_020 - 2 * 80);
  });

  it('is what is allowed where the limit is told, or refusals cost nothing', () => {
    expect(boundOf({ ...ROW, hint: 'fields' })).toBe(6_020);
    expect(boundOf({ ...ROW, hint: 'nothing' })).toBe(6_020);
    expect(boundOf({ ...ROW, limit: bucket(10, 10) })).toBe(610);
  });

  it('is lower by another silence where the limit changes', () => {
    const change = { at: 30_000, by: 2 };

    expect(boundOf({ ...ROW, limit: bucket(100, 20, change) })).toBe(9_020 - 3 * 80);
  });

  it('of a short window is lower by one window, and of a long one is all', () => {
    const short = fixedWindow(60, 1_000);
    const long = fixedWindow(100, 10_000);
    const allowed = (limit: typeof short) => limit.create(seededRandom(1)).allowed(0, 60_000);

    expect(boundOf({ ...ROW, limit: short })).toBe(allowed(short) - 60);
    expect(boundOf({ ...ROW, limit: long })).toBe(allowed(long));
  });

  it('is what is called where that is less', () => {
    expect(boundOf({ ...ROW, load: { perSecond: 30 } })).toBe(1_800);
    expect(boundOf({ ...ROW, limit: unlimited(), load: { perSecond: 50 } })).toBe(3_000);
  });
});

describe('the score', () => {
  it('gives shares, and the time until the rate is reached', () => {
    const late = steady(10, 60_000).filter(({ at }) => at >= 5_000);
    const { share, settled, ended } = score(ROW, historyOf(ROW, late));

    expect(share).toBeCloseTo((100 * 5_500) / 5_860);
    expect(settled).toBeGreaterThan(4);
    expect(settled).toBeLessThanOrEqual(5);
    expect(ended).toBe(59.99);
  });

  it('says never where the rate is not reached', () => {
    expect(score(ROW, historyOf(ROW, steady(20, 60_000))).settled).toBe(Infinity);
  });

  it('gives the least part of an equal share', () => {
    const row = { ...ROW, processes: 2 };

    expect(score(row, historyOf(row, steady(10, 60_000, [0, 0, 0, 1]))).least).toBe(50);
    expect(score(row, historyOf(row, [])).least).toBe(0);
  });

  it('is a mean of several runs', () => {
    const one = score(ROW, historyOf(ROW, steady(10, 60_000)));
    const other = score(ROW, historyOf(ROW, []));

    expect(meanOf([one, other]).accepted).toBe(3_000);
  });
});

describe('the gate', () => {
  const good = score(ROW, historyOf(ROW, steady(10, 60_000)));

  it('is silent where a group is above its bar', () => {
    expect(regressions([{ row: ROW, score: good }])).toEqual([]);
  });

  it('names what fell behind', () => {
    const bad = { ...good, share: 40, refused: 30, early: 1 };

    expect(regressions([{ row: ROW, score: bad }])).toEqual([
      'untold: % of the bound in the mean: 40.0, at least 94',
      'untold: % of the bound in the worst row: 40.0, at least 88',
      'untold: % refused in the mean: 30.0, at most 4',
      'untold: calls sent again too early: 1.0, at most 0',
    ]);
  });

  it('has a bar for the group of each row', () => {
    expect(ROWS.filter(({ group }) => BARS[group] === undefined)).toEqual([]);
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
  });

  it('counts fleets that starve and rows above their bound as whole', () => {
    const fleet = { row: { ...ROW, processes: 5 }, score: { ...good, share: 120, least: 49, lost: 3 } };
    const summary = summaryOf([{ row: ROW, score: { ...good, share: 80 } }, fleet]);

    expect(summary).toMatchObject({ rows: 2, share: 90, low: 1, fleets: 1, starving: 1, lost: 3 });
    expect(missedAims(summary)).toEqual([
      '% of the bound in the mean: 90.0, at least 94.5',
      'calls lost: 3.0, at most 0',
    ]);
  });

  it('calls an effort dominated only where both figures are worse', () => {
    expect(isDominated({ refused: 2, seconds: 600 }, { refused: 1, seconds: 550 })).toBe(true);
    expect(isDominated({ refused: 2, seconds: 500 }, { refused: 1, seconds: 550 })).toBe(false);
  });
});

describe('a hint', () => {
  const refused = { accepted: false, wait: 10, remaining: 0, renewed: 200 };
  const told = (hint: Hint, decision = refused) => tell(hint, decision, ROW.limit, 1_000_500);

  it('asks for whole seconds, for milliseconds, or for nothing', () => {
    expect(told('seconds')).toEqual({ headers: { 'retry-after': '1' }, asked: 1_000 });
    expect(told('ms')).toEqual({ headers: { 'retry-after-ms': '10' }, asked: 10 });
    expect(told('long')).toEqual({ headers: { 'retry-after': '5' }, asked: 5_000 });
    expect(told('nothing')).toEqual({ headers: {}, asked: 0 });
  });

  it('tells the quota on each answer', () => {
    const accepted = { accepted: true, wait: 0, remaining: 7, renewed: 130 };

    expect(told('fields', accepted).headers).toEqual({
      'ratelimit-policy': '"default";q=100;w=1',
      ratelimit: '"default";r=7;t=1',
    });
    expect(told('x-fields', accepted).headers).toMatchObject({
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '7',
      'x-ratelimit-reset': '1001',
    });
  });

  it('lies about the policy, or about what is left', () => {
    expect(told('wrong-policy').headers).toMatchObject({
      'ratelimit-policy': '"default";q=20;w=1',
      'retry-after': '1',
    });
    expect(told('always-left').headers).toMatchObject({ ratelimit: '"default";r=20;t=1' });
  });
});
