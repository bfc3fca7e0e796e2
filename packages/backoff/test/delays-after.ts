import type { Delay } from '../src/index.ts';

/** The delays after the first attempts, as a retry would ask for them. */
export function delaysAfter(delay: Delay, attempts: number): number[] {
  const delays: number[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++)
    delays.push(delay({ attempt, previousDelay: delays.at(-1) ?? 0 }));
  return delays;
}
