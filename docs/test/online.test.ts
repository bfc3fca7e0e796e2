import { fakeFetch, manualClock, networkError } from '@steadfetch/testing';
import { circuitBreaker, compose, type Fetch, idempotencyKey, online, retry } from 'steadfetch';
import { consecutive } from 'steadfetch/kit';
import { describe, expect, it } from 'vitest';

describe('online() in a stack', () => {
  it('hurts no circuit, and loses no call, in five minutes offline', async () => {
    const clock = manualClock();
    const target = new EventTarget();
    let isOnline = false;
    const server: Fetch = async () => {
      if (!isOnline) throw networkError('ENETUNREACH');
      return new Response();
    };
    const breaker = circuitBreaker({ clock, rule: consecutive(3) });
    const steady = compose(
      retry({ clock, budget: false }),
      breaker,
      online({ clock, target, isOnline: () => isOnline }),
    )(server);
    const calls = Array.from({ length: 20 }, (_, n) => steady(`https://api.test/${n}`));
    await clock.advance(300_000);
    expect(breaker.breaker.snapshot()).toMatchObject({ 'https://api.test': { state: 'closed', failures: 0 } });

    isOnline = true;
    target.dispatchEvent(new Event('online'));

    expect((await Promise.all(calls)).every(({ status }) => status === 200)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('takes a 409 for an earlier request at work where a probe found no network: the server may have got it', async () => {
    const clock = manualClock();
    const target = new EventTarget();
    let isOnline = false;
    const fake = fakeFetch(['network-error', 409, 200]);
    const steady = compose(
      idempotencyKey(),
      retry({ clock }),
      online({ clock, target, isOnline: () => isOnline }),
    )(fake);
    const order = steady('https://api.test/orders', { method: 'POST' });
    await clock.advance(1_000);
    isOnline = true;
    target.dispatchEvent(new Event('online'));
    await clock.advance(1_000);

    expect((await order).status).toBe(200);
  });
});
