/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest';
import { plain, standardWith } from '../src/harm/clients.ts';
import { live } from '../src/harm/live.ts';
import { randomSituation } from '../src/harm/random-situation.ts';

/** Situations per test. */
const PART = 30;
/** `pnpm check:harm` runs more of them. */
const PARTS = import.meta.env.MODE === 'harm' ? 10 : 1;

describe('standard() in situations by chance', () => {
  it.each(Array.from({ length: PARTS }, (_, part) => 1 + part * PART))(
    'succeeds as often as a plain retry, less two points at the most (from %i)',
    async (first) => {
      const worse: string[] = [];
      for (let seed = first; seed < first + PART; seed++) {
        const situation = randomSituation(seed);
        const reference = await live(situation, plain, seed);
        const ours = await live(situation, standardWith(), seed);
        const behind = 100 * (reference.success - ours.success);
        if (behind > 2) worse.push(`${situation.name}: ${behind.toFixed(1)} points`);
      }

      expect(worse).toEqual([]);
    },
  );
});
