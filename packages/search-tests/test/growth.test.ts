import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { kept, scenarios, wrong } from './growth/scenarios.ts';
import { FACTOR, PATIENCE } from './support/search.ts';

/** Four times as much may take five times the work. */
const MOST = 5;
/** The smaller size; `pnpm search-tests` counts with larger ones. */
const SIZE = 24 * Math.max(1, Math.min(8, FACTOR));
/** Each of these calls a thousand servers, for seconds: the gate of the searches does. */
const LONG = ['servers of long names in every layer', 'servers that fail'];
const KEPT = Object.entries(kept).filter(([name]) => FACTOR >= 1 || !LONG.includes(name));

type Work = Record<string, [small: number, large: number]>;

/** Counts in a process of its own: counting would disturb the coverage of this one. */
async function count<T>(...args: readonly string[]): Promise<T> {
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout) as T;
}

describe('four times as much', () => {
  let work: Work;
  let bytes: Record<string, number>;
  beforeAll(async () => {
    const main = `${import.meta.dirname}/growth/main.ts`;
    [work, bytes] = await Promise.all([
      count<Work>('--no-opt', '--no-maglev', main, 'work', String(SIZE)), // optimised code is not counted
      count<Record<string, number>>(main, 'bytes', ...KEPT.map(([name]) => name)),
    ]);
  }, PATIENCE);

  it.each(Object.keys(scenarios))('takes about four times the work: %s', (name) => {
    const [small, large] = work[name]!;
    expect(large / small, `${small} steps for ${SIZE}, ${large} for ${4 * SIZE}`).toBeLessThanOrEqual(MOST);
  });

  it.each(Object.keys(wrong))('is found to take more where it does: %s', (name) => {
    const [small, large] = work[name]!;
    expect(large / small).toBeGreaterThan(MOST);
  });

  it.each(KEPT)('keeps no more than a bound: %s', (name, { most }) => {
    expect(bytes[name]).toBeLessThanOrEqual(most);
  });
});
