import { seededRandom } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { bucket, type Fleet, fleet } from './support/fleet.ts';

/** `check:limits` runs more of them. */
const IS_GATE = import.meta.env.MODE === 'limits';
const SEEDS = IS_GATE ? [3, 4, 5] : [3];
/** The hint, the shortest and the longest time of a question, and what it may cost. */
const SITUATIONS = [
  ['none', 10, 100, 0.06],
  ['retry-after', 10, 100, 0.06],
  ['retry-after', 40, 60, 0.06],
  ['retry-after', 20, 60, 0.06],
  ['told', 20, 60, 0.06],
] as const;
const SECONDS = 60;
const shareOf = ({ perSecond }: Fleet) => perSecond.reduce((a, b = 0) => a + b, 0) / (100 * SECONDS);
const mean = (shares: readonly number[]) => shares.reduce((a, b) => a + b) / shares.length;

it.each(IS_GATE ? SITUATIONS : SITUATIONS.slice(0, 1))(
  'a store that is sometimes too late costs little, compared with none (%s, %i-%i ms)',
  async (hint, least, most, cost) => {
    const together: number[] = [];
    const without: number[] = [];
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const alone = fleet(8, bucket(100, 20, hint), { shared: false, seed });
      const group = fleet(8, bucket(100, 20, hint), { seed });
      group.place.latency = () => (least + (most - least) * random()) / 2;
      await alone.run(SECONDS);
      await group.run(SECONDS);
      expect(group.lost).toBe(0);
      without.push(shareOf(alone));
      together.push(shareOf(group));
    }

    expect(mean(together)).toBeGreaterThan(mean(without) - cost);
  },
);
