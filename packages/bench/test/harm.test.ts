import { describe, expect, it } from 'vitest';
import { plain, standardWith } from '../src/harm/clients.ts';
import { live } from '../src/harm/live.ts';
import { randomSituation } from '../src/harm/random-situation.ts';

const CASES = 300;

describe('standard() in situations by chance', () => {
  it('succeeds as often as a plain retry, less two points at the most', async () => {
    const worse: string[] = [];
    for (let seed = 1; seed <= CASES; seed++) {
      const situation = randomSituation(seed);
      const reference = await live(situation, plain, seed);
      const ours = await live(situation, standardWith(), seed);
      const behind = 100 * (reference.success - ours.success);
      if (behind > 2) worse.push(`${situation.name}: ${behind.toFixed(1)} points`);
    }

    expect(worse).toEqual([]);
  });
});
