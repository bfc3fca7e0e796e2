/// <reference types="vite/client" />
import fc from 'fast-check';
import { expect } from 'vitest';
import { SEED } from './seed.ts';

/** Looks for a case in which something does not hold. `check` throws for one. */
export interface Search<Case, Subject> {
  readonly cases: fc.Arbitrary<Case>;
  check(given: Case, subject: Subject): Promise<void>;
}

/** The tests take a quarter of the cases, the gate of the searches all, `pnpm search-tests` thirty times as many. */
const FACTORS: Record<string, number> = { search: 1, 'long-search': 30 };
/** How many times as many cases; another number by `SEARCH=50 pnpm search-tests`. */
export const FACTOR: number = Number(globalThis.process?.env?.SEARCH || (FACTORS[import.meta.env.MODE] ?? 1 / 4));
/** For as many cases as one asks for, in milliseconds. */
export const PATIENCE = 3_600_000;

/** Tries `runs` cases. Returns the smallest one that fails, or the first, with its seed; or nothing. */
async function find<Case, Subject>(
  { cases, check }: Search<Case, Subject>,
  subject: Subject,
  runs: number,
  isShrunk = true,
): Promise<string | undefined> {
  const result = await fc.check(
    fc.asyncProperty(cases, (given) => check(given, subject)),
    { numRuns: Math.ceil(runs), seed: SEED, endOnFailure: !isShrunk },
  );
  if (!result.failed) return undefined;
  return `${String(result.errorInstance)}\n${fc.defaultReportMessage(result)}`;
}

/** Expects that no case fails. */
export async function expectNone<Case, Subject>(
  search: Search<Case, Subject>,
  subject: Subject,
  runs: number,
): Promise<void> {
  const found = await find(search, subject, runs * FACTOR);
  if (found !== undefined) expect.fail(found);
}

/** Expects that a case is found for a subject that is wrong on purpose: a search that finds nothing proves nothing. */
export async function expectFound<Case, Subject>(
  search: Search<Case, Subject>,
  wrong: Subject,
  runs: number,
): Promise<string> {
  const found = await find(search, wrong, runs * Math.max(1, FACTOR), false);
  if (found === undefined) expect.fail('the search finds nothing wrong with what is wrong on purpose');
  return found;
}

/** Fails a case, with what was seen. */
export function claim(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
