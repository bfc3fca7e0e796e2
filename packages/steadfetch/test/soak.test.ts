import { expect, it } from 'vitest';
import { soak } from './soak.ts';

it('keeps nothing of the calls that are over', async () => {
  const calls = 20_000;

  const { good, heap } = await soak(calls);

  expect(good / calls).toBeGreaterThan(0.99);
  // a call that was kept with its response would cost some kilobytes, all of them more than fifty megabytes
  expect(heap.at(-1)! - heap[0]!).toBeLessThan(4_000_000);
});
