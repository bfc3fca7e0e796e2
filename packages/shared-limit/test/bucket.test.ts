import type { Entry } from '@steadfetch/shared-limit';
import { expect, it } from 'vitest';
import { bucketOf } from '../src/bucket.ts';

/** What a bucket that is full at first accepts at a pace, until it refuses and is closed for a while. */
function historyOf(
  rate: number,
  burst: number,
  closing: number,
  paces: readonly ((after: number) => number)[],
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
      const last = history.at(-1);
      if (last && last.cost > 0 && last.cost < 10) [last.to, last.cost] = [now, last.cost + 1];
      else history.push({ from: now, to: now, cost: 1 });
    }
    history.push({ from: now, to: now, cost: 0 });
    wait(closing);
  }
  return history;
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
