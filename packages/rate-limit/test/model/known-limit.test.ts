import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KnownLimit } from '../../src/model/known-limit.ts';

it('uncounts a request that was not sent, and nothing else', () => {
  const limit = new KnownLimit({ requests: 2, per: 1_000 });
  limit.take(0);
  limit.take(10);

  limit.giveBack(5);
  expect(limit.delay(20)).toBeGreaterThan(0);
  limit.giveBack(10);
  expect(limit.delay(20)).toBe(0);
});

it('uncounts one of very many requests', () => {
  const limit = new KnownLimit({ requests: 200_000, per: 1_000 });
  for (let n = 0; n < 200_000; n++) limit.take(n / 1_000);
  expect(limit.delay(200)).toBe(800);

  limit.giveBack(100);

  expect(limit.delay(200)).toBe(0);
});

it('allows no more than the limit in any window, whatever is uncounted', () => {
  const sends = fc.array(fc.record({ after: fc.nat(400), isSent: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(sends, fc.integer({ min: 1, max: 5 }), (all, requests) => {
      const limit = new KnownLimit({ requests, per: 1_000 });
      const times: number[] = [];
      let now = 0;
      for (const { after, isSent } of all) {
        now += after;
        now += limit.delay(now);
        limit.take(now);
        if (isSent) times.push(now);
        else limit.giveBack(now);
      }
      times.forEach((time, n) => expect(time - (times[n - requests] ?? -Infinity)).toBeGreaterThanOrEqual(1_000));
    }),
  );
});
