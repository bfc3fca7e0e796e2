import { expect, it } from 'vitest';
import { bucketOf } from '../src/bucket.ts';
import { FULL_EARLY, SLOW_ANSWERS } from './support/history.ts';

it('finds a bucket that is full again long before the server lets calls through', () => {
  const [rest, last] = FULL_EARLY.filter(({ cost }) => cost === 0).slice(1);
  const found = bucketOf(FULL_EARLY, 190, 0.034, last!.from - rest!.from)!;
  expect(found.rate).toBeCloseTo(0.01, 3);
  expect(found.burst).toBeGreaterThan(7);
  expect(found.burst).toBeLessThan(13);
});

it('does not choose a faster bucket because nothing contradicts the fastest', () => {
  const [rest, last] = SLOW_ANSWERS.filter(({ cost }) => cost === 0).slice(1);
  const found = bucketOf(SLOW_ANSWERS, 250, 1.05 * 0.03, last!.from - rest!.from)!;
  expect(found.rate).toBeCloseTo(0.01, 3);
});
