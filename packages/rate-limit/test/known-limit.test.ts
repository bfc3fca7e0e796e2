import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownLimit } from '../src/known-limit.ts';

describe('KnownLimit', () => {
  it('lets the first ones through at once and the next when the first is one window old', () => {
    const limit = new KnownLimit(2, 1_000);

    limit.take(0);
    limit.take(400);

    expect(limit.wait(500)).toBe(500);
    expect(limit.wait(1_000)).toBe(0);
  });

  it('says how long one waits that has others before it', () => {
    const limit = new KnownLimit(2, 1_000);

    limit.take(0);
    limit.take(400);

    expect([0, 1, 2, 3].map((ahead) => limit.wait(500, ahead))).toEqual([500, 900, 1_500, 1_900]);
  });

  it('says the same before anything was sent', () => {
    expect([0, 1, 2, 4].map((ahead) => new KnownLimit(2, 1_000).wait(0, ahead))).toEqual([0, 0, 1_000, 2_000]);
  });

  it('sees at most its number of requests in any window', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 80 });

    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 500 }), gaps, (requests, per, pauses) => {
        const limit = new KnownLimit(requests, per);
        const sent: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          now += limit.wait(now);
          limit.take(now);
          sent.push(now);
        }

        for (let i = requests; i < sent.length; i++) expect(sent[i]! - sent[i - requests]!).toBeGreaterThanOrEqual(per);
      }),
    );
  });
});
