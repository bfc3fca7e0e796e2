import { seededRandom } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { bucket, type Fleet, fleet } from './support/fleet.ts';

const shareOf = ({ perSecond }: Fleet) => perSecond.reduce((a, b = 0) => a + b, 0) / (100 * 60);

it.each([
  ['retry-after', 10, 100],
  ['none', 10, 100],
  ['retry-after', 40, 60],
] as const)('a store that answers too late now and then does no harm (%s, %i-%i ms)', async (hint, least, most) => {
  const random = seededRandom(1);
  const without = fleet(8, bucket(100, 20, hint), { shared: false });
  await without.run(60);
  const group = fleet(8, bucket(100, 20, hint));
  group.place.latency = () => (least + (most - least) * random()) / 2;
  await group.run(60);

  expect(group.lost).toBe(0);
  expect(shareOf(group)).toBeGreaterThan(shareOf(without) - 0.05);
});
