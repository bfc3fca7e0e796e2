import type { Group } from './row.ts';
import { byGroup, type Result, type Summary, summaryOf } from './summary.ts';

/** What a group of rows may not fall behind: a few points below what is reached. */
export interface Bar {
  /** Mean share of the bound, in %. */
  readonly share: number;
  /** Share of the worst row. */
  readonly least: number;
  /** Mean share of refused requests, in %. */
  readonly refused: number;
  readonly starving?: number;
  readonly lost?: number;
}

/** Where the gate stands, with room for the chance of a seed. Where the limiter should be, `AIMS` says. */
export const BARS: Readonly<Record<Group, Bar>> = {
  untold: { share: 94, least: 88, refused: 4 },
  told: { share: 91, least: 64, refused: 4 },
  'other kinds': { share: 80, least: 68, refused: 4 },
  unreliable: { share: 89, least: 70, refused: 1 },
  'open loop': { share: 95, least: 84, refused: 1 },
  fleet: { share: 95, least: 88, refused: 3, starving: 1 },
  'slow fleet': { share: 97, least: 94, refused: 28, starving: 1, lost: 200 },
};

/** The aims for the whole table. */
const AIMS = { share: 94.5, low: 6, rude: 5, starving: 1, lost: 0, early: 0 } as const;

/** What is under its bar, a sentence each. */
export function regressions(results: readonly Result[], bars: Readonly<Record<Group, Bar>> = BARS): string[] {
  return byGroup(results).flatMap(([group, some]) => {
    const bar = bars[group];
    const { share, least, refused, starving, lost, early } = summaryOf(some);
    return [
      ...below(`${group}: % of the bound in the mean`, share, bar.share),
      ...below(`${group}: % of the bound in the worst row`, least, bar.least),
      ...above(`${group}: % refused in the mean`, refused, bar.refused),
      ...above(`${group}: starving fleets`, starving, bar.starving ?? 0),
      ...above(`${group}: calls lost`, lost, bar.lost ?? 0),
      ...above(`${group}: calls sent again too early`, early, 0),
    ];
  });
}

/** Which aims are missed, a sentence each. */
export function missedAims({ share, low, rude, starving, lost, early }: Summary): string[] {
  return [
    ...below('% of the bound in the mean', share, AIMS.share),
    ...above('rows under 90 %', low, AIMS.low),
    ...above('rows with more than 5 % refused', rude, AIMS.rude),
    ...above('starving fleets', starving, AIMS.starving),
    ...above('calls lost', lost, AIMS.lost),
    ...above('calls sent again too early', early, AIMS.early),
  ];
}

export function below(what: string, value: number, least: number): string[] {
  return value < least ? [`${what}: ${value.toFixed(1)}, at least ${least}`] : [];
}

export function above(what: string, value: number, most: number): string[] {
  return value > most ? [`${what}: ${value.toFixed(1)}, at most ${most}`] : [];
}
