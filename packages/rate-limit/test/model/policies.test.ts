import { describe, expect, it } from 'vitest';
import type { Answer, Quota } from '../../src/model/answer.ts';
import { bucket, drive, pacer, window } from './drive.ts';

describe('the policies of an answer', () => {
  it('does not close when an accepted answer reports that nothing is left', () => {
    const model = pacer();
    const sent = model.send(0);
    const quotas = [{ limit: 10, window: 1_000, remaining: 0, reset: 1_000 }];
    expect(model.settle(sent, 10, { kind: 'accepted', quotas })).toEqual({ closed: false });
    model.advance(10);
    expect(model.snapshot(10)).toMatchObject({ state: 'open', remaining: 0 });
    expect(model.delay(10)).toBeGreaterThan(0);
    model.advance(1_012);
    expect(model.delay(1_012)).toBe(0);
  });

  it('follows the scarcest of several policies', () => {
    const model = pacer();
    let day = 50;
    const server = () => {
      day = Math.max(0, day - 1);
      const quotas = [
        { name: 'second', limit: 100, window: 1_000, remaining: 100, reset: 1_000 },
        { name: 'day', limit: 1_000, window: 86_400_000, remaining: day, reset: 40_000_000 },
      ];
      return { kind: 'accepted', quotas } as const;
    };
    const result = drive(model, server, { for: 5_000 });
    expect(result.accepted).toBeLessThanOrEqual(50);
    expect(model.snapshot(5_000)).toMatchObject({ why: 'the server reports its quota' });
  });

  it('counts a quota of requests in requests, and one of tokens in cost', () => {
    const model = pacer();
    let tokens = 10_000;
    let requests = 100;
    const server = () => {
      tokens -= 1_000;
      requests--;
      const quotas = [
        { name: 'requests', limit: 100, window: 60_000, remaining: requests, reset: 60_000 },
        { name: 'tokens', limit: 10_000, window: 60_000, remaining: Math.max(0, tokens), reset: 60_000 },
      ];
      return { kind: tokens >= 0 ? 'accepted' : 'refused', quotas } as const;
    };
    const result = drive(model, server, { for: 30_000, cost: 1_000 });
    expect(result.accepted).toBeGreaterThanOrEqual(7);
    expect(result.refused).toBe(0);
  });

  it('counts the true cost of a call after its answer', () => {
    const model = pacer();
    const quotas = [{ name: 'tokens', limit: 1_000, window: 60_000, remaining: 900, reset: 60_000 }];
    model.settle(model.send(0, 100), 10, { kind: 'accepted', quotas });
    model.settle(model.send(10, 100), 20, { kind: 'accepted', cost: 700 });
    model.advance(20);
    expect(model.snapshot(20).remaining).toBeLessThanOrEqual(200);
  });

  it('trusts a server less with each refusal that contradicts its fields', () => {
    const model = pacer();
    const quotas = [{ limit: 100, window: 1_000, remaining: 100, reset: 1_000 }];
    const limited = bucket({ rate: 20, burst: 5, hint: 'wait' });
    const server = (now: number) => ({ ...limited(now), quotas });
    const result = drive(model, server, { for: 60_000 });
    expect(model.snapshot(60_000).remaining).toBeUndefined();
    expect(result.accepted).toBeGreaterThan(0.7 * 20 * 60);
  });

  it('uses the measured refill, and not the promised one, when others use the quota too', () => {
    const model = pacer();
    // other clients take thirty of the fifty tokens per second
    const limited = bucket({ rate: 20, burst: 10, hint: 'quota' });
    const server = (now: number): Answer => {
      const answer = limited(now);
      return { ...answer, quotas: answer.quotas!.map((quota) => ({ ...quota, limit: 50 })) };
    };
    const result = drive(model, server, { for: 60_000 });
    expect(result.accepted).toBeGreaterThan(0.7 * 20 * 60);
    expect(result.refused / result.accepted).toBeLessThan(0.2);
  });

  it.each([
    { remaining: 0, limit: 60, reset: 30_000 },
    { remaining: 0, limit: 60, reset: 1_000 },
    { remaining: 0 },
    { remaining: 1, limit: 12, window: 660_000, reset: 660_000 },
  ])('does not hold calls back for $remaining of $limit left where all are accepted', (quota) => {
    const model = pacer();
    const server = () => ({ kind: 'accepted', quotas: [quota] }) as const;
    drive(model, server, { for: 120_000, every: 100 });
    const after = drive(model, server, { for: 10_000, from: 120_000, every: 100 });
    expect(after.accepted).toBeGreaterThan(90);
  });

  it('tests an empty quota at once if it is first reported after many accepted requests', () => {
    const model = pacer();
    const quotas = [{ limit: 60, remaining: 0, reset: 30_000 }];
    drive(model, () => ({ kind: 'accepted' }), { for: 3_000, every: 100 });
    const result = drive(model, () => ({ kind: 'accepted', quotas }), { for: 10_000, from: 3_000, every: 100 });
    expect(result.accepted).toBeGreaterThan(90);
  });

  it('has few refused trials if a window of one request is as small as reported', () => {
    const model = pacer();
    let window = -1;
    const server = (now: number): Answer => {
      const accepted = Math.floor(now / 30_000) > window;
      window = Math.floor(now / 30_000);
      const reset = (window + 1) * 30_000 - now;
      return { kind: accepted ? 'accepted' : 'refused', wait: reset, quotas: [{ limit: 1, remaining: 0, reset }] };
    };
    const result = drive(model, server, { for: 600_000, every: 1_000 });
    expect(result.accepted).toBeGreaterThan(16);
    expect(result.refused).toBeLessThan(6);
  });

  it('sends the next trial five seconds after one that was never answered', () => {
    const model = pacer();
    const quotas = [{ limit: 60, remaining: 0, reset: 50_000 }];
    drive(model, () => ({ kind: 'accepted' }), { for: 3_000, every: 100 });
    model.settle(model.send(3_000), 3_010, { kind: 'accepted', quotas });
    model.advance(3_100);
    model.settle(model.send(3_100), 3_110, { kind: 'failed' });
    model.advance(3_200);
    expect(model.delay(3_200)).toBeGreaterThan(0);
    model.advance(8_101);
    expect(model.delay(8_101)).toBe(0);
  });

  it('sends one call to check an empty quota a minute after a request that was never answered', () => {
    const model = pacer();
    const quotas = [{ limit: 1, remaining: 1, window: 3_600_000, reset: 3_600_000 }];
    model.settle(model.send(0), 10, { kind: 'accepted', quotas });
    model.settle(model.send(20), 30, { kind: 'failed' });
    model.advance(59_000);
    expect(model.delay(59_000)).toBeGreaterThan(0);
    model.advance(60_100);
    expect(model.delay(60_100)).toBe(0);
  });

  it('keeps eight policies at most, whatever their names', () => {
    const model = pacer();
    const answer = (prefix: string) =>
      ({
        kind: 'accepted',
        quotas: Array.from({ length: 8 }, (_, n) => ({ name: prefix + n, remaining: 9 - n, reset: 1_000 })),
      }) as const;
    model.settle(model.send(0), 1, answer('a'));
    model.settle(model.send(2), 3, answer('b'));
    model.settle(model.send(4), 5, { kind: 'accepted', quotas: [{ name: 'requests', remaining: 5 }], cost: 3 });
    model.settle(model.send(6), 7, { kind: 'accepted', cost: 3 });
    expect(model.snapshot(7).remaining).toBe(0);
  });

  it.each([{ roundTrip: 300 }, { roundTrip: 2_000 }])(
    'is full after its reset if only its last fifth is reported, answers of $roundTrip ms',
    ({ roundTrip }) => {
      const limited = window(200, 10_000);
      const server = (now: number): Answer => {
        const { quotas, ...answer } = limited(now);
        const [{ window: _, ...quota }] = quotas as [Quota];
        return quota.remaining! < 40 ? { ...answer, quotas: [quota] } : answer;
      };
      const model = pacer();
      drive(model, server, { for: 13_000, calls: 200, roundTrip });
      // the answer to the first call allows others, and their answers allow the rest
      const { accepted } = drive(model, server, { for: 4 * roundTrip, from: 13_000, calls: 100, roundTrip });
      expect(accepted).toBe(100);
    },
  );

  it('counts what was sent since the reset if a quota is reported only when it is low', () => {
    const limited = window(3, 30_000);
    const server = (now: number): Answer => {
      const { quotas, ...answer } = limited(now);
      const [{ window: _, ...quota }] = quotas as [Quota];
      return quota.remaining === 0 ? { ...answer, quotas: [quota] } : answer;
    };
    const model = pacer();
    drive(model, server, { for: 29_000, calls: 3, roundTrip: 200 });

    const after = drive(model, server, { for: 20_000, from: 30_000, calls: 10, roundTrip: 200 });

    expect([after.accepted, after.refused]).toEqual([3, 0]);
  });

  it.each([
    { requests: 10, told: 2 },
    { requests: 10, told: 1 },
    { requests: 4, told: 1 },
  ])('uses up $requests a second where the last $told are told, after the window is over', ({ requests, told }) => {
    const limited = window(requests, 1_000);
    const server = (now: number): Answer => {
      const { quotas, ...answer } = limited(now);
      const [{ window: _, ...quota }] = quotas as [Quota];
      return quota.remaining! < told ? { ...answer, quotas: [quota] } : answer;
    };
    const { accepted } = drive(pacer(), server, { for: 60_000, every: 1_000 / requests, roundTrip: 2_000 });
    expect(accepted).toBeGreaterThan(0.9 * 58 * requests);
  });

  it('forgets a quota that is no longer reported', () => {
    const model = pacer();
    const quotas = [{ limit: 100, window: 1_000, remaining: 50, reset: 1_000 }];
    model.settle(model.send(0), 1, { kind: 'accepted', quotas });
    expect(model.snapshot(1).remaining).toBe(50);
    for (let n = 2; n < 30; n++) model.settle(model.send(n), n, { kind: 'accepted' });
    expect(model.snapshot(30).remaining).toBeUndefined();
  });
});
