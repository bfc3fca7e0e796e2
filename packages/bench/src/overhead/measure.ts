import type { Fetch } from '@steadfetch/core';
import { median } from '../median.ts';

/** One stack under test. */
export interface Subject {
  name: string;
  fetch: Fetch;
}

export interface Options {
  rounds: number;
  /** Calls per subject and round, one after the other. */
  calls: number;
}

/**
 * Nanoseconds per call of each subject, a median over rounds. Every round measures every subject, in turning order, so
 * that a machine that slows down for a while slows all of them.
 */
export async function measure(subjects: readonly Subject[], { rounds, calls }: Options): Promise<number[]> {
  const times = subjects.map((): number[] => []);
  for (const { fetch } of subjects) await timeOf(fetch, calls);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const place = (turn + round) % subjects.length;
      times[place]!.push(await timeOf(subjects[place]!.fetch, calls));
    }
  }
  return times.map(median);
}

async function timeOf(fetch: Fetch, calls: number): Promise<number> {
  const startedAt = process.hrtime.bigint();
  for (let call = 0; call < calls; call++) await fetch('https://api.example.com/users/1');
  return Number(process.hrtime.bigint() - startedAt) / calls;
}
