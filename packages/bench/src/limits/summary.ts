import type { GridRow, Group } from './row.ts';
import type { Score } from './score.ts';

/** A row behind a client, the mean of several seeds. */
export interface Result {
  readonly row: GridRow;
  readonly score: Score;
}

/** Many rows in a few numbers. */
export interface Summary {
  readonly rows: number;
  /** Mean share of the bound, in %. A row above its bound counts as 100. */
  readonly share: number;
  /** The row with the least share. */
  readonly least: number;
  /** Rows under 90 %. */
  readonly low: number;
  /** Mean share of refused requests, in %. */
  readonly refused: number;
  /** Rows with more than 5 % refused. */
  readonly rude: number;
  readonly fleets: number;
  /** Fleets in which a process gets less than half of an equal share. */
  readonly starving: number;
  readonly lost: number;
  readonly early: number;
}

export function summaryOf(results: readonly Result[]): Summary {
  const count = (choose: (result: Result) => boolean) => results.filter(choose).length;
  const sum = (read: (score: Score) => number) => results.reduce((total, { score }) => total + read(score), 0);
  const isFleet = ({ row }: Result) => (row.processes ?? 1) > 1;
  const rows = results.length;
  return {
    rows,
    share: sum(({ share }) => Math.min(100, share)) / rows,
    least: Math.min(...results.map(({ score }) => score.share)),
    low: count(({ score }) => score.share < 90),
    refused: sum(({ refused }) => refused) / rows,
    rude: count(({ score }) => score.refused > 5),
    fleets: count(isFleet),
    starving: count((result) => isFleet(result) && result.score.least < 50),
    lost: sum(({ lost }) => lost),
    early: sum(({ early }) => early),
  };
}

export function byGroup(results: readonly Result[]): [Group, Result[]][] {
  const groups = [...new Set(results.map(({ row }) => row.group))];
  return groups.map((group) => [group, results.filter(({ row }) => row.group === group)]);
}
