import { circuitBreaker, consecutive } from '@steadfetch/circuit-breaker';
import { compose, defineMiddleware } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';

const URL = 'https://api.test/users';

describe('inside retry', () => {
  const retried = (answer: (at: number) => number, arrival?: Promise<void>) => {
    const clock = instantClock();
    const startedAt = clock.now();
    const stack = circuitBreaker({ clock });
    const outer = defineMiddleware(async (call, next) => {
      const first = await next(call.asAttempt(1));
      return first.ok ? first : next(call.asAttempt(2, 'last'));
    });
    let sends = 0;
    const fetch = compose(
      outer,
      stack,
    )(async () => {
      sends++;
      if (arrival) await arrival;
      return new Response(null, { status: answer(clock.now() - startedAt) });
    });
    return { clock, fetch, stack, sends: () => sends, state: () => stack.breaker.snapshot('https://api.test').state };
  };

  it('stays closed in trouble of less than ten seconds', async () => {
    const { clock, fetch, state } = retried((at) => (at < 9_900 ? 503 : 200));

    for (let n = 0; n < 99; n++) {
      await fetch(URL);
      clock.advance(100);
    }

    expect(state()).toBe('closed');
    expect((await fetch(URL)).status).toBe(200);
  });

  it('opens when nothing has succeeded for ten seconds', async () => {
    const { clock, fetch, state } = retried(() => 503);

    for (let n = 0; n < 100; n++) {
      await fetch(URL);
      clock.advance(100);
    }

    expect(state()).toBe('closed');
    expect((await fetch(URL)).status).toBe(503);
    expect(state()).toBe('open');
    await expect(fetch(URL)).rejects.toMatchObject({ name: 'CircuitOpenError', lastAnswer: { status: 503 } });
  });

  it('lets calls that began before it opened make their retries, and closes at their success', async () => {
    let arrive!: () => void;
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let sends = 0;
    const { clock, fetch, state } = retried(() => (++sends <= 20 ? 504 : 200), arrival);
    const calls = Array.from({ length: 20 }, () => fetch(URL));

    clock.advance(10_000);
    arrive();

    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 200));
    expect(state()).toBe('closed');
  });

  it.each([
    ['of the call, if no attempt can follow', 'last', { phase: 'headers', limit: 3_000 }, 1_000, 'open'],
    ['of a call that may not be repeated', 'off', { phase: 'headers', limit: 3_000 }, 1_000, 'open'],
    ['that left the server no time', 'last', { phase: 'headers', limit: 3_000 }, 999, 'closed'],
    [
      'of the call, although an inner timeout would cut the attempt',
      true,
      { phase: 'headers', limit: 3_000 },
      1_000,
      'closed',
    ],
    ['of the caller', 'last', new DOMException('', 'TimeoutError'), 1_000, 'closed'],
    ['whose reason is no object', 'last', null, 1_000, 'closed'],
  ] as const)('takes a limit %s for a failure or for an abort', async (_, standing, reason, ms, expected) => {
    const clock = instantClock();
    const middleware = circuitBreaker({ rule: consecutive(1), clock });
    const controller = new AbortController();
    const inRetry = defineMiddleware((call, next) => next(call.with({ retried: standing })));
    const fetch = compose(
      inRetry,
      middleware,
    )(async () => {
      clock.advance(ms);
      controller.abort(reason);
      throw reason;
    });

    await expect(fetch(URL, { signal: controller.signal })).rejects.toBe(reason);

    expect(middleware.breaker.snapshot('https://api.test').state).toBe(expected);
  });

  it('never opens if every first attempt fails and the second succeeds', async () => {
    let sends = 0;
    const { clock, fetch, state } = retried(() => (sends++ % 2 === 0 ? 503 : 200));

    for (let n = 0; n < 300; n++) {
      expect((await fetch(URL)).status).toBe(200);
      clock.advance(100);
    }

    expect(state()).toBe('closed');
  });

  it('forgets failures after a pause without calls', async () => {
    const { clock, fetch, state } = retried(() => 503);
    await fetch(URL);
    clock.advance(10_000);

    for (let n = 0; n < 60; n++) await fetch(URL);

    expect(state()).toBe('closed');
  });

  it('lets a probe make its retries', async () => {
    let up = false;
    const { clock, fetch, sends, state } = retried(() => (up ? 200 : 503));
    for (let n = 0; n <= 100; n++) {
      await fetch(URL).catch(() => {});
      clock.advance(100);
    }
    clock.advance(1_000);
    const before = sends();

    const probe = fetch(URL);
    up = true;

    expect((await probe).status).toBe(200);
    expect(sends() - before).toBe(2);
    expect(state()).toBe('closed');
  });
});
