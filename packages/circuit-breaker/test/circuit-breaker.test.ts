import {
  anyOf,
  breaker,
  CircuitOpenError,
  circuitBreaker,
  consecutive,
  type Rule,
  timeWindow,
} from '@steadfetch/circuit-breaker';
import { compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';

const URL = 'https://api.test/users';

/** Answers with each of `replies` in turn, the last one repeating: a status, headers of a 503, or an error. */
function stubOf(...replies: (number | HeadersInit | Error)[]) {
  const requests: string[] = [];
  const stub: Fetch = async (input) => {
    const reply = replies[Math.min(requests.push(String(input)), replies.length) - 1]!;
    if (reply instanceof Error) throw reply;
    return typeof reply === 'number'
      ? new Response(null, { status: reply })
      : new Response(null, { status: 503, headers: reply });
  };
  return { stub, requests };
}

function setup(options: Parameters<typeof circuitBreaker>[0], ...replies: Parameters<typeof stubOf>) {
  const clock = instantClock();
  const { stub, requests } = stubOf(...replies);
  const middleware = circuitBreaker({ rule: consecutive(2), openFor: 1_000, clock, ...options });
  const outcomeOf = async (input = URL, init?: RequestInit) =>
    middleware(stub)(input, init).then(
      ({ status }) => status,
      (error: unknown) => error,
    );
  const state = (key = 'https://api.test') => middleware.breaker.snapshot(key).state;
  return { clock, fetch: middleware(stub), middleware, outcomeOf, requests, state };
}

const fail = (error: Error): never => {
  throw error;
};
const named = (name: string) => Object.assign(new Error(name), { name });

describe('circuitBreaker', () => {
  it('hands on the very response', async () => {
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

  it('throws the very error that opens the circuit', async () => {
    const error = new TypeError('fetch failed');
    const { outcomeOf, state } = setup({}, error);

    expect([await outcomeOf(), await outcomeOf()]).toEqual([error, error]);
    expect(state()).toBe('open');
  });

  it('opens by default at half of ten calls, not at the first failure', async () => {
    const middleware = circuitBreaker();
    const fetch = middleware(stubOf(200, 200, 200, 200, 200, 500).stub);
    const state = () => middleware.breaker.snapshot('https://api.test').state;

    for (let n = 0; n < 9; n++) await fetch(URL);
    const early = state();
    await fetch(URL);

    expect([early, state()]).toEqual(['closed', 'open']);
  });

  it('says when to come back, and whose circuit is open', async () => {
    const { clock, outcomeOf } = setup({}, 500);
    await outcomeOf();
    await outcomeOf();

    clock.advance(400);

    expect(await outcomeOf()).toMatchObject({
      name: 'CircuitOpenError',
      message: 'The circuit for https://api.test is open, worth another call in 600 ms',
      retryAfter: 600,
      key: 'https://api.test',
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

    expect(await outcomeOf()).toEqual(new TypeError(`circuitBreaker: key: expected it to give a string, got ${shown}`));
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

  it('reads no clock for durations that its rule does not look at', async () => {
    const readings = async (rule: Rule) => {
      const now = vi.fn(() => 0);
      const guarded = circuitBreaker({ rule, clock: { ...instantClock(), now } })(stubOf(200).stub);
      await guarded(URL);
      now.mockClear();
      await guarded(URL);
      return now.mock.calls.length;
    };

    expect(await readings(anyOf(consecutive(2), timeWindow()))).toBe(1);
    expect(await readings(anyOf(consecutive(2), timeWindow({ slowerThan: 100 })))).toBe(2);
  });

  it('gives its slot back when a probe is aborted, and passes the reason on', async () => {
    const { clock, middleware, outcomeOf, state } = setup({}, 500);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);
    const controller = new AbortController();
    const hanging: Fetch = (_, init) =>
      new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));

    const probe = middleware(hanging)(URL, { signal: controller.signal });
    controller.abort('changed my mind');

    await expect(probe).rejects.toBe('changed my mind');
    expect(state()).toBe('half-open');
    expect(middleware.breaker.snapshot('https://api.test').probes).toBe(0);
  });

  it('rejects a call that is aborted already with its reason, asking nothing', async () => {
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

describe('what counts', () => {
  const timeout = named('TimeoutError');
  const refused = Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
  });

  const untrusted = new TypeError('fetch failed', {
    cause: Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' }),
  });

  it.each([500, 501, 502, 503, 504, 599, refused, untrusted, timeout, new Error('unknown')])(
    'counts %s as a failure',
    async (reply) => {
      const { outcomeOf, state } = setup({}, reply);

      await outcomeOf();
      await outcomeOf();

      expect(state()).toBe('open');
    },
  );

  it.each([200, 204, 304, 400, 401, 404, 408, 499])('counts %s as a success', async (reply) => {
    const { clock, outcomeOf, state } = setup({}, 500, 500, reply);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);

    await outcomeOf();

    expect(state()).toBe('closed');
  });

  const neutral = [
    429,
    ...['AbortError', 'CircuitOpenError', 'RateLimitError', 'QueueFullError', 'ConcurrencyError'].map(named),
    new TypeError('Failed to parse URL'),
    new TypeError('fetch failed', { cause: new Error('bad port') }),
    new TypeError('fetch failed', { cause: new Error('unexpected redirect') }),
    new TypeError('fetch failed', { cause: new Error('integrity mismatch') }),
    new RangeError('a bug'),
  ];

  it.each(neutral)('takes no notice of %s, open or closed', async (reply) => {
    const { clock, outcomeOf, state } = setup({}, 500, reply, reply, 500, reply, 200);
    for (let n = 0; n < 4; n++) await outcomeOf();
    expect(state()).toBe('open');
    clock.advance(1_000);

    await outcomeOf();

    expect(state()).toBe('half-open');
    await outcomeOf();
    expect(state()).toBe('closed');
  });

  it('takes no notice of an error once the caller has aborted, whatever the error looks like', async () => {
    const controller = new AbortController();
    const middleware = circuitBreaker({ rule: consecutive(1), isFailure: () => true });
    const fetch = middleware(async () => {
      controller.abort();
      throw new TypeError('fetch failed');
    });

    await expect(fetch(URL, { signal: controller.signal })).rejects.toThrow('fetch failed');

    expect(middleware.breaker.snapshot('https://api.test').state).toBe('closed');
  });

  it.each([
    [true, 'open'],
    [false, 'closed'],
    ['neutral', 'half-open'],
    [undefined, 'open'],
  ] as const)('leaves the verdict to isFailure: %s of a failed probe leads to %s', async (answer, expected) => {
    let asked = false;
    const { clock, outcomeOf, state } = setup({ isFailure: () => (asked ? answer : undefined) }, 500);
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);
    asked = true;

    await outcomeOf();

    expect(state()).toBe(expected);
  });

  it('shows isFailure the outcome and the call', async () => {
    const seen: unknown[] = [];
    const { outcomeOf } = setup(
      { isFailure: ({ response, failed }, call) => void seen.push(response?.status, failed, call.url) },
      404,
    );

    await outcomeOf();

    expect(seen).toEqual([404, false, URL]);
  });

  it('fails the call with what isFailure throws, lets go of the response and of the slot', async () => {
    const error = new Error('predicate');
    const cancel = vi.fn();
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(1e6)), cancel });
    const { clock, middleware, outcomeOf } = setup(
      { isFailure: ({ response }) => (response?.body ? fail(error) : undefined) },
      500,
    );
    await outcomeOf();
    await outcomeOf();
    clock.advance(1_000);

    await expect(middleware(async () => new Response(body))(URL)).rejects.toBe(error);
    await new Promise((resolve) => setImmediate(resolve));

    expect(cancel).toHaveBeenCalledOnce();
    expect(middleware.breaker.snapshot('https://api.test')).toMatchObject({ state: 'half-open', probes: 0 });
  });

  it('refuses an answer of isFailure that it cannot use', async () => {
    const { outcomeOf } = setup({ isFailure: (async () => true) as never }, new Error('down'));

    const outcome = await outcomeOf();

    expect(String(outcome)).toBe(
      "TypeError: circuitBreaker: isFailure: expected true, false, 'neutral' or undefined, got [object Promise]",
    );
  });
});

describe('Retry-After', () => {
  const openedFor = async (headers: HeadersInit, options: Parameters<typeof circuitBreaker>[0] = {}) => {
    const { middleware, outcomeOf } = setup({ rule: consecutive(1), ...options }, headers);
    await outcomeOf();
    return middleware.breaker.snapshot('https://api.test').retryAfter;
  };

  it('keeps the circuit open for as long as the response that opened it asks', async () => {
    expect(await openedFor({ 'retry-after': '120' })).toBe(120_000);
    expect(await openedFor({ 'retry-after': '1.5' })).toBe(1_500);
  });

  it('takes a date relative to the date of the response', async () => {
    const headers = { date: 'Mon, 05 Feb 2024 10:00:00 GMT', 'retry-after': 'Mon, 05 Feb 2024 10:01:00 GMT' };

    expect(await openedFor(headers)).toBe(60_000);
  });

  it('takes a date relative to its clock when the response has none', async () => {
    expect(await openedFor({ 'retry-after': 'Wed, 01 Jan 2025 00:00:30 GMT' })).toBe(30_000);
  });

  it.each([
    ['120 ', 120_000],
    ['\t120\t', 120_000],
    ['5, 30', 30_000],
    ['0, 30', 30_000],
    ['Wed, 01 Jan 2025 00:00:30 GMT\t', 30_000],
    ['Wed, 01 Jan 2025 00:00:30 GMT, 5', 30_000],
    ['Wednesday, 01-Jan-25 00:00:30 GMT', 30_000],
    ['Wed Jan  1 00:00:30 2025', 30_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 1_000],
  ])('is read as %j, in every form that may arrive', async (value, ms) => {
    const headers = new Headers();
    // on a socket blanks may follow the value, which `Headers` drops
    vi.spyOn(headers, 'get').mockImplementation((name) => (name === 'retry-after' ? value : null));
    const middleware = circuitBreaker({ rule: consecutive(1), openFor: 1_000, clock: instantClock() });
    const response = Object.defineProperty(new Response(null, { status: 503 }), 'headers', { value: headers });

    await middleware(async () => response)(URL);

    expect(middleware.breaker.snapshot('https://api.test').retryAfter).toBe(ms);
  });

  it.each(['', 'soon', '-5', '0x10', '1e3', '5 minutes', '0', 'Wed, 01 Jan 2020 00:00:00 GMT', '2030-01-01'])(
    'opens for its own time when the field says %j',
    async (value) => {
      expect(await openedFor({ 'retry-after': value })).toBe(1_000);
    },
  );

  it('is not read from a response that is no failure', async () => {
    const { outcomeOf } = setup({ retryAfter: () => fail(new Error('asked')) }, 200);

    expect(await outcomeOf()).toBe(200);
  });

  it('asks the function it was given instead', async () => {
    expect(
      await openedFor({ 'x-wait': '7' }, { retryAfter: ({ headers }) => Number(headers.get('x-wait')) * 1_000 }),
    ).toBe(7_000);
  });
});
