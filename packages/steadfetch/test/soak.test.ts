import { expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';
import { soak } from './soak.ts';

it('keeps no memory of calls that have ended', async () => {
  const calls = import.meta.env.MODE === 'search' ? 10_000 : 5_000;

  const { good, heap } = await soak(calls);

  expect(good / calls).toBeGreaterThan(0.99);
  // a retained call with its response would need some kilobytes, and all of them more than ten megabytes
  expect(heap.at(-1)! - heap[0]!).toBeLessThan(4_000_000);
});

it('remembers a bounded number of servers', async () => {
  const gate = rateLimit();
  const fetch = gate(async () => new Response());

  for (let host = 0; host < 3_000; host++) await fetch(`https://host-${host}.test/`);

  expect(gate.snapshot()).toHaveLength(1_000);
});
