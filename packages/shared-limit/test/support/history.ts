import type { Entry } from '@steadfetch/shared-limit';

/**
 * What a bucket that is full at first accepts at a pace, until it refuses and is closed for a while. Its rate is 0.01 a millisecond. How
 * long requests and their answers travel is not known: so the times of what it accepts are wrong within `spread`.
 */
function historyOf(burst: number, closing: number, paces: readonly ((after: number) => number)[], spread = 0): Entry[] {
  const history: Entry[] = [];
  let tokens = burst;
  let now = 0;
  const wait = (ms: number) => {
    now += ms;
    tokens = Math.min(burst, tokens + 0.01 * ms);
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

/** It is full again long before a closing ends. */
export const FULL_EARLY: readonly Entry[] = historyOf(10, 10_000, [
  (after) => (after < 19_000 ? 0.009 : 0.03),
  () => 0.036,
  (after) => Math.max(0.002, after / 2_000_000),
]);

/** Answers take seconds, so nothing contradicts the fastest rate. */
export const SLOW_ANSWERS: readonly Entry[] = historyOf(50, 30_000, [() => 0.03, () => 0.03, () => 0.03], 3_000);
