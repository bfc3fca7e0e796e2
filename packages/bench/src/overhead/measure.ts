import { spawnSync } from 'node:child_process';
import type { Fetch } from '@steadfetch/core';

/** One stack under test. Made when it is measured, so that a process that measures it alone makes no other. */
export interface Subject {
  name: string;
  make(): Fetch;
}

export interface Options {
  rounds: number;
  /** Calls per subject and round, one after the other. */
  calls: number;
  /** Whether each call has an init, with one header. */
  init: boolean;
}

const URL = 'https://api.example.com/users/1';

/**
 * Nanoseconds per call of each subject: what a twentieth of the rounds stays below, since a stub takes the same time each
 * time, and what is slower is the machine. Every round measures every subject, in turning order, so that a machine that
 * slows down for a while slows all of them.
 */
export async function measure(subjects: readonly Subject[], { rounds, calls, init }: Options): Promise<number[]> {
  const fetches = subjects.map(({ make }) => make());
  const times = subjects.map((): number[] => []);
  for (const fetch of fetches) await timeOf(fetch, calls, init);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const place = (turn + round) % subjects.length;
      times[place]!.push(await timeOf(fetches[place]!, calls, init));
    }
  }
  return times.map((rounds) => rounds.sort((a, b) => a - b)[Math.floor(rounds.length / 20)]!);
}

async function timeOf(fetch: Fetch, calls: number, init: boolean): Promise<number> {
  const startedAt = process.hrtime.bigint();
  if (init) for (let call = 0; call < calls; call++) await fetch(URL, { headers: { accept: 'application/json' } });
  else for (let call = 0; call < calls; call++) await fetch(URL);
  return Number(process.hrtime.bigint() - startedAt) / calls;
}

/** Microseconds to make a stack and to send the first call through it, in a process that has sent none. */
export async function firstCall({ make }: Subject): Promise<number> {
  const startedAt = process.hrtime.bigint();
  await make()(URL);
  return Number(process.hrtime.bigint() - startedAt) / 1_000;
}

/** What one run of a file in a process of its own prints: a number. */
export function inOwnProcess(file: string, ...args: string[]): number {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...process.execArgv, file, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
