import { inspect } from 'node:util';
import { breaker, CircuitOpenError, circuitBreaker, consecutive, noSuccess } from '@steadfetch/circuit-breaker';
import { compose, defineMiddleware, type Fetch, observe } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { setup, stubOf, URL } from './support/guarded-fetch.ts';

const named = (name: string) => Object.assign(new Error(name), { name });

describe('circuitBreaker', () => {
  it.each([
    { later: 300_000, probes: 1, answered: 1 },
    { later: 300_000, probes: 60, answered: 60 },
    { later: 301_000, probes: 1, answered: 60 },
  ])(
    'answers $answered of 60 calls of a job $later ms after the circuit opened, with $probes probes',
    async ({ later, probes, answered }) => {
      const replies = Array.from({ length: 60 }, () => 503);
      const { clock, outcomeOf, state } = setup({ rule: noSuccess(), probes }, ...replies, 200);
      const job = () => Promise.all(Array.from({ length: 60 }, () => outcomeOf()));

      await job();
      expect(state()).toBe('open');
      clock.advance(later);
      const outcomes = await job();

      expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(answered);
      expect(outcomes.filter((outcome) => outcome instanceof CircuitOpenError)).toHaveLength(60 - answered);
      expect(state()).toBe('closed');
    },
  );

  it.each([
    { what: 'said nothing', between: 429, probes: 1 },
    { what: 'was not enough to close it', between: 200, probes: 2 },
  ])('answers all calls of a job long after a probe that $what', async ({ between, probes }) => {
    const { clock, outcomeOf, state } = setup({ probes }, 503, 503, between, 200);

    await outcomeOf();
    await outcomeOf();
    clock.advance(2_000);
    await outcomeOf();
    expect(state()).toBe('half-open');
    clock.advance(301_000);

    expect(await Promise.all([outcomeOf(), outcomeOf(), outcomeOf()])).toEqual([200, 200, 200]);
  });

  it('emits events when it opens, and when it closes at the first call after five quiet minutes', async () => {
    const actions: string[] = [];
    const { clock, fetch } = setup({}, 500, 500, 200);
    const send = observe((event) => event.type === 'circuit' && actions.push(event.action))(fetch);

    await send(URL);
    await send(URL);
    clock.advance(301_000);
    await send(URL);

    expect(actions).toEqual(['opened', 'closed']);
  });

  it('refuses few calls per turn of the event loop, so that a caller that calls again at once does not block it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { stub } = stubOf(500, 500, 200);
    const send = circuitBreaker({ rule: consecutive(2), openFor: 50 })(stub);
    const statuses: number[] = [];
    const callAgain = async () => {
      while (statuses.at(-1) !== 200)
        await send(URL).then(
          ({ status }) => statuses.push(status),
          () => {},
        );
    };
    const over = callAgain();

    await vi.advanceTimersByTimeAsync(60);
    await over;

    expect(statuses).toEqual([500, 500, 200]);
  });

  it('returns the response itself', async () => {
    const response = new Response('ok');

    expect(await circuitBreaker()(async () => response)(URL)).toBe(response);
  });

  it('gives the call that opens the circuit its own outcome, and refuses the next', async () => {
    const { outcomeOf, requests } = setup({}, 503);

    const outcomes = [await outcomeOf(), await outcomeOf(), await outcomeOf()];

    expect(outcomes.slice(0, 2)).toEqual([503, 503]);
    expect(outcomes[2]).toBeInstanceOf(CircuitOpenError);
    expect(requests).toHaveLength(2);
  });

  it('throws the error itself that opens the circuit', async () => {
    const error = new TypeError('fetch failed');
    const { outcomeOf, state } = setup({}, error);

    expect([await outcomeOf(), await outcomeOf()]).toEqual([error, error]);
    expect(state()).toBe('open');
  });

  it('says which circuit is open, and when to try again', async () => {
    const { clock, outcomeOf } = setup({}, 500);
    await outcomeOf();
    await outcomeOf();

    clock.advance(400);

    expect(await outcomeOf()).toMatchObject({
      name: 'CircuitOpenError',
      message: 'The circuit for https://api.test is open, try again in 600 ms; the last answer was 500',
      retryAfter: 600,
      key: 'https://api.test',
      local: true,
      reason: 'circuit-open',
      lastAnswer: { status: 500 },
    });
  });

  it('closes when the probe succeeds', async () => {
    const { clock, outcomeOf, state } = setup({}, 500, 500, 200);
    await outcomeOf();
    await outcomeOf();

    clock.advance(1_000);

    expect([await outcomeOf(), await outcomeOf()]).toEqual([200, 200]);
    expect(state()).toBe('closed');
  });

  it('sends one of fifty concurrent calls to a half-open circuit', async () => {
    const { clock, outcomeOf, requests } = setup({}, 500, 500, 200);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);

    const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcomeOf()));

    expect(requests).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome instanceof CircuitOpenError)).toHaveLength(49);
  });

  it('keeps one circuit per origin', async () => {
    const { outcomeOf, state } = setup({}, 500);

    await outcomeOf('https://api.test/a');
    await outcomeOf('https://api.test/b?c');

    expect([state(), state('https://other.test')]).toEqual(['open', 'closed']);
  });

  it('takes its key from the call', async () => {
    const { outcomeOf, state } = setup({ key: (call) => call.method }, 500);

    await outcomeOf();
    await outcomeOf(URL, { method: 'put' });
    await outcomeOf(URL, { method: 'put' });

    expect([state('GET'), state('PUT')]).toEqual(['closed', 'open']);
  });

  it.each([
    ['undefined', () => undefined],
    ['[object Promise]', () => Promise.reject(new Error('no'))],
  ])('fails a call for which key gives %s', async (shown, key) => {
    const { outcomeOf, requests } = setup({ key: key as never }, 200);

    expect(await outcomeOf()).toEqual(new TypeError(`circuitBreaker: key(): expected a string, got ${shown}`));
    expect(requests).toHaveLength(0);
  });

  it('shares its state between stacks, and through breaker between middlewares', async () => {
    const circuits = breaker({ rule: consecutive(2) });
    const { stub, requests } = stubOf(500);

    await circuitBreaker({ breaker: circuits })(stub)(URL);
    await circuitBreaker({ breaker: circuits })(stub)(URL);

    await expect(circuitBreaker({ breaker: circuits })(stub)(URL)).rejects.toThrow(CircuitOpenError);
    expect(requests).toHaveLength(2);
  });

  it('measures a slow call until its headers arrive', async () => {
    const clock = instantClock();
    const rule = { start: () => ({ record: ({ duration }: { duration: number }) => duration > 900 }) };
    const slow: Fetch = async () => {
      clock.advance(1_000);
      return new Response('ok');
    };
    const middleware = circuitBreaker({ rule, clock });

    expect((await middleware(slow)(URL)).status).toBe(200);
    expect(middleware.breaker.snapshot('https://api.test').state).toBe('open');
  });

  const hanging: Fetch = (_, init) =>
    new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));

  it('frees the slot of an aborted probe, and throws the reason of the abort', async () => {
    const { clock, middleware, outcomeOf, state } = setup({}, 500);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);
    const controller = new AbortController();
    const probe = middleware(hanging)(URL, { signal: controller.signal });
    controller.abort('changed my mind');

    await expect(probe).rejects.toBe('changed my mind');
    expect(state()).toBe('half-open');
    expect(middleware.breaker.snapshot('https://api.test').probes).toBe(0);
  });

  it('gives the slot of a probe to a call in the same step as its abort, as in the strict mode of React', async () => {
    const { clock, middleware, outcomeOf, state } = setup({}, 500, 500, 200);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);
    const controller = new AbortController();
    const probe = middleware(hanging)(URL, { signal: controller.signal });
    controller.abort('shown again');
    const again = outcomeOf();

    await expect(probe).rejects.toBe('shown again');
    expect(await again).toBe(200);
    expect(state()).toBe('closed');
  });

  it('rejects an aborted call with its reason, without a permit', async () => {
    const { outcomeOf, requests } = setup({}, 500);
    await outcomeOf();
    await outcomeOf();

    expect(await outcomeOf(URL, { signal: AbortSignal.abort('gone') })).toBe('gone');
    expect(requests).toHaveLength(2);
  });

  it('settles a probe whose inner middleware throws at once', async () => {
    const { clock, middleware, outcomeOf } = setup({}, 500);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);
    const broken = defineMiddleware(() => {
      throw named('QueueFullError');
    });

    await expect(compose(middleware, broken)(stubOf(200).stub)(URL)).rejects.toThrow('QueueFullError');

    expect(middleware.breaker.snapshot('https://api.test').probes).toBe(0);
  });
});

describe('a success', () => {
  it('makes the circuit ignore failures of calls that were in flight at that time', () => {
    const tally = noSuccess({ minCalls: 1 }).start();

    tally.record({ failed: false, duration: 1, at: 5_000 });

    expect(tally.record({ failed: true, duration: 10_000, at: 14_999 })).toBe(false);
    expect(tally.record({ failed: true, duration: 10_000, at: 15_000 })).toBe(true);
  });
});

describe('Retry-After', () => {
  const refusedAfter = async (headers: HeadersInit) => {
    const { middleware, outcomeOf } = setup({ rule: consecutive(1) }, headers);
    await outcomeOf();
    return {
      snapshot: middleware.breaker.snapshot('https://api.test'),
      refusal: (await outcomeOf()) as CircuitOpenError,
    };
  };

  it('is part of the refusal, and keeps no circuit open', async () => {
    const { refusal, snapshot } = await refusedAfter({ 'retry-after': '3600' });

    expect(refusal.lastAnswer).toMatchObject({ status: 503, retryAfter: 3_600_000 });
    expect(snapshot.retryAfter).toBe(1_000);
  });

  it.each(['soon', '-5', '1,'.repeat(200_000)])('of another form is ignored', async (value) => {
    const { refusal } = await refusedAfter({ 'retry-after': value });

    expect(refusal.lastAnswer).not.toHaveProperty('retryAfter');
  });

  it('is shown to other calls without secrets', async () => {
    const { refusal, snapshot } = await refusedAfter({ 'retry-after': '3600', 'set-cookie': 'secret' });

    expect([...refusal.lastAnswer!.headers]).toEqual([['retry-after', '3600']]);
    expect([...snapshot.lastAnswer!.headers]).toEqual([['retry-after', '3600']]);
  });

  it('of the call itself is shown before that of others', async () => {
    const { middleware, outcomeOf, requests } = setup({ rule: consecutive(1) }, 500);
    await outcomeOf();
    const own = { status: 502, headers: new Headers() };
    const told = defineMiddleware((call, next) => {
      call.record.lastAnswer = own;
      return next(call);
    });

    await expect(compose(told, middleware)(stubOf(200).stub)(URL)).rejects.toMatchObject({ lastAnswer: own });
    expect(requests).toHaveLength(1);
  });
});

describe('CircuitOpenError', () => {
  it('shows no headers when it is printed', () => {
    const lastAnswer = { status: 503, headers: new Headers({ 'set-cookie': 'secret' }) };

    expect(inspect(new CircuitOpenError({ key: 'k', retryAfter: 5, lastAnswer }))).not.toContain('secret');
  });

  it('puts a key from outside on one line', () => {
    const { key, message } = new CircuitOpenError({
      key: `a\nINFO admin\u001b[31m\u2028${'x'.repeat(999)}`,
      retryAfter: 5,
    });

    expect(message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(message.length).toBeLessThan(300);
    expect(key).toContain('\n');
  });
});
