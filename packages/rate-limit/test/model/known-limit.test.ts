import { expect, it } from 'vitest';
import { KnownLimit } from '../../src/model/known-limit.ts';

it('gives back a request that was counted and not sent, and nothing else', () => {
  const limit = new KnownLimit({ requests: 2, per: 1_000 });
  limit.take(0);
  limit.take(10);

  limit.giveBack(5);
  expect(limit.delay(20)).toBeGreaterThan(0);
  limit.giveBack(10);
  expect(limit.delay(20)).toBe(0);
});
