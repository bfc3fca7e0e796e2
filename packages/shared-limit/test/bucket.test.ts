import type { Entry } from '@steadfetch/shared-limit';
import { expect, it } from 'vitest';
import { bucketOf } from '../src/bucket.ts';

/**
 * What a bucket that is full at first accepts at a pace, until it refuses and is closed for a while. How long requests and their
 * answers travel is not known: so the times of what it accepts are wrong within `spread`.
 */
function historyOf(
  rate: number,
  burst: number,
  closing: number,
  paces: readonly ((after: number) => number)[],
  spread = 0,
): Entry[] {
  const history: Entry[] = [];
  let tokens = burst;
  let now = 0;
  const wait = (ms: number) => {
    now += ms;
    tokens = Math.min(burst, tokens + rate * ms);
  };
  for (const paceAt of paces) {
    const start = now;
    for (; tokens >= 1; wait(1 / paceAt(now - start))) {
      tokens--;
      const at = now + spread * (((0.618 * history.length) % 1) - 0.5);
      history.push({ from: at, to: at, cost: 1 });
    }
    history.push({ from: now, to: now, cost: 0 });
    wait(closing);
  }
  return history.sort((a, b) => a.from - b.from);
}

it('finds a bucket that is full again long before the server lets calls through', () => {
  const history = historyOf(0.01, 10, 10_000, [
    (after) => (after < 19_000 ? 0.009 : 0.03),
    () => 0.036,
    (after) => Math.max(0.002, after / 2_000_000),
  ]);
  const [rest, last] = history.filter(({ cost }) => cost === 0).slice(1);
  const found = bucketOf(history, 190, 0.034, last!.from - rest!.from)!;
  expect(found.rate).toBeCloseTo(0.01, 3);
  expect(found.burst).toBeGreaterThan(7);
  expect(found.burst).toBeLessThan(13);
});

it('takes no faster bucket for right because the history says nothing against the fastest', () => {
  const pace = () => 0.03;
  const history = historyOf(0.01, 50, 30_000, [pace, pace, pace], 3_000);
  const [rest, last] = history.filter(({ cost }) => cost === 0).slice(1);
  const found = bucketOf(history, 250, 1.05 * pace(), last!.from - rest!.from)!;
  expect(found.rate).toBeCloseTo(0.01, 3);
});
