// What has to hold in every runtime. Needs nothing but `fetch` and a server that plays scenes.

import { show } from './claims.ts';
import type { Place } from './scene.ts';
import { bodies } from './suite-bodies.ts';
import { errors } from './suite-errors.ts';
import { layers } from './suite-layers.ts';
import { retries } from './suite-retries.ts';

/** One claim. It throws what does not hold; what it returns is a note on how it holds here. */
export type Check = (place: Place) => Promise<string | undefined>;

export interface Result {
  readonly name: string;
  readonly error?: string;
  readonly note?: string;
}

const CHECKS: Readonly<Record<string, Check>> = { ...retries, ...bodies, ...layers, ...errors };

/** No check takes so long. */
const PATIENCE = 15_000;

export async function runSuite(place: Place, more: Readonly<Record<string, Check>> = {}): Promise<Result[]> {
  const results: Result[] = [];
  for (const [name, check] of Object.entries({ ...CHECKS, ...more })) {
    try {
      const note = await inTime(check(place));
      results.push({ name, ...(note ? { note } : {}) });
    } catch (error) {
      results.push({ name, error: show(error) });
    }
  }
  return results;
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end in ${PATIENCE} ms`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
