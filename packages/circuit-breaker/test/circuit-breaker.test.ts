import { inspect } from 'node:util';
import {
  anyOf,
  breaker,
  CircuitOpenError,
  circuitBreaker,
  consecutive,
  noSuccess,
  type Rule,
  timeWindow,
} from '@steadfetch/circuit-breaker';
import { bodyFactory, compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

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
  it.each([
    { probes: 1, answered: 1 },
    { probes: 60, answered: 60 },
  ])(
    'answers $answered of 60 calls of a job an hour after an outage, with $probes probes',
    async ({ probes, answered }) => {
      const replies = Array.from({ length: 60 }, () => 503);
      const { clock, outcomeOf, state } = setup({ rule: noSuccess(), probes }, ...replies, 200);
      const job = () => Promise.all(Array.from({ length: 60 }, () => outcomeOf()));

      await job();
      expect(state()).toBe('open');
      clock.advance(3_600_000);
      const outcomes = await job();

      expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(answered);
      expect(outcomes.filter((outcome) => outcome instanceof CircuitOpenError)).toHaveLength(60 - answered);
      expect(state()).toBe('closed');
    },
  );

  it('refuses a few calls in each turn of the event loop, so that a caller that calls again at once stops nothing', async () => {
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

  it('says when to come back, and whose circuit is open', async () => {
    const { clock, outcomeOf } = setup({}, 500);
    await outcomeOf();
    await outcomeOf();

    clock.advance(400);

    expect(await outcomeOf()).toMatchObject({
      name: 'CircuitOpenError',
      message: 'The circuit for https://api.test is open, worth another call in 600 ms; the last answer was 500',
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

    expect(await outcomeOf()).toEqual(
      new TypeError(`circuitBreaker: key: expected it to return a string, got ${shown}`),
    );
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

  const unnamed = new Proxy(new Error('odd'), {
    get(target, member) {
      if (member === 'name' || member === 'code') throw new Error('from a getter');
      return Reflect.get(target, member);
    },
  });

  it('gives back an error that cannot be read, and counts it', async () => {
    const { outcomeOf, state } = setup({}, unnamed);

    expect(await outcomeOf()).toBe(unnamed);
    expect(await outcomeOf()).toBe(unnamed);
    expect(state()).toBe('open');
  });

  const oneOfTwo = new TypeError('fetch failed', {
    cause: new AggregateError(['ENETUNREACH', 'ETIMEDOUT'].map((code) => Object.assign(new Error(code), { code }))),
  });

  it.each([500, 503, 599, refused, untrusted, oneOfTwo, timeout, named('AbortError'), new Error('unknown')])(
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

  const coded = (...codes: string[]) => {
    const errors = codes.map((code) => Object.assign(new Error(code), { code }));
    const cause = errors.length === 1 ? errors[0] : Object.assign(new AggregateError(errors), { code: codes[0] });
    return new TypeError('fetch failed', { cause });
  };

  const neutral = [
    429,
    ...(['circuit-open', 'rate-limited', 'queue-full'] as const).map((reason) =>
      Object.assign(named('Refused'), { local: true, reason }),
    ),
    new TypeError('Failed to parse URL'),
    new TypeError('fetch failed', { cause: new Error('bad port') }),
    new TypeError('fetch failed', { cause: new Error('unexpected redirect') }),
    new TypeError('fetch failed', { cause: new Error('integrity mismatch') }),
    new RangeError('a bug'),
    ...[
      'ENOTFOUND',
      'EAI_AGAIN',
      'ENETUNREACH',
      'ENETDOWN',
      'EADDRNOTAVAIL',
      'EADDRINUSE',
      'EMFILE',
      'ENFILE',
      'ENOBUFS',
      'EAGAIN',
      'UND_ERR_INVALID_ARG',
      'UND_ERR_NOT_SUPPORTED',
      'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    ].map((code) => coded(code)),
    coded('ENETUNREACH', 'EADDRNOTAVAIL'),
    new TypeError('The Internet connection appears to be offline.'),
    new TypeError('error sending request for url (x): client error (Connect): dns error: failed to lookup'),
    new Error('net::ERR_INTERNET_DISCONNECTED'),
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

  it.each([
    ['throws', () => fail(new Error('predicate')), 'it threw, so the outcome counts as neutral'],
    [
      'gives a promise',
      (async () => fail(new Error('late'))) as never,
      "expected true, false, 'neutral' or undefined, got [object Promise]",
    ],
  ])('keeps the outcome where isFailure %s, counts it neither way and says so', async (_, isFailure, message) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { outcomeOf, state } = setup({ isFailure }, 500);

    expect([await outcomeOf(), await outcomeOf(), await outcomeOf()]).toEqual([500, 500, 500]);

    expect(state()).toBe('closed');
    expect(warn.mock.calls).toEqual([[`steadfetch: circuitBreaker: isFailure: ${message}`]]);
    warn.mockRestore();
  });

  it('keeps the outcome where its rule throws', async () => {
    const rule = { start: () => ({ record: () => fail(new Error('rule')) }) };
    const { outcomeOf } = setup({ rule }, 503);

    expect([await outcomeOf(), await outcomeOf()]).toEqual([503, 503]);
  });

  it('takes no notice of an error while the machine is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    const { outcomeOf, state } = setup({}, new TypeError('Failed to fetch'));

    await outcomeOf();
    await outcomeOf();

    expect(state()).toBe('closed');
    vi.unstubAllGlobals();
  });

  it.each([
    ['https://cdn.test/file', true, 'closed'],
    ['https://api.test/other', true, 'open'],
    ['https://behind-a-proxy.test/', false, 'open'],
    ['https://cdn.test/file', undefined, 'closed'],
    ['https://api.test/other', undefined, 'open'],
    [`https://behind-a-base.test${URL.slice('https://api.test'.length)}`, undefined, 'open'],
  ])('takes %s, redirected %s, for an answer of the server or not', async (url, redirected, expected) => {
    const middleware = circuitBreaker({ rule: consecutive(2) });
    const fetch = middleware(async () =>
      Object.defineProperties(new Response(null, { status: 503 }), {
        url: { value: url },
        ...(redirected !== undefined && { redirected: { value: redirected } }),
      }),
    );

    await fetch(URL);
    await fetch(URL);

    expect(middleware.breaker.snapshot('https://api.test').state).toBe(expected);
  });

  it('counts the answers to a relative URL, though a fetch inside put a base in front and the API redirects, as for a slash', async () => {
    const middleware = circuitBreaker({ rule: consecutive(2) });
    const url = { value: 'https://api.test/users/' };
    const fetch = middleware(async () =>
      Object.defineProperties(new Response(null, { status: 503 }), { url, redirected: { value: true } }),
    );

    await fetch('/users');
    await fetch('/users');

    expect(middleware.breaker.snapshot('/').state).toBe('open');
  });

  it('takes no notice of what was not sent', async () => {
    const middleware = circuitBreaker({ rule: consecutive(1) });
    const queue = defineMiddleware(() => Promise.reject(timeout));

    await expect(compose(middleware, queue)(stubOf(200).stub)(URL)).rejects.toBe(timeout);

    expect(middleware.breaker.snapshot('https://api.test').state).toBe('closed');
  });

  it('takes no notice of a timeout while a layer of ours makes the call wait', async () => {
    const middleware = circuitBreaker({ rule: consecutive(1) });
    const resending = defineMiddleware(async (call, next) => {
      await next(call);
      call.record.waitingFor = 'its turn';
      throw timeout;
    });

    await expect(compose(middleware, resending)(stubOf(429).stub)(URL)).rejects.toBe(timeout);

    expect(middleware.breaker.snapshot('https://api.test').state).toBe('closed');
  });

  const dripping = () => new ReadableStream();
  const form = new FormData();
  form.append('file', new Blob(['x']));
  it.each<[string, RequestInit | Request, neutral: string]>([
    ['a stream', { method: 'PUT', body: dripping(), duplex: 'half' } as RequestInit, 'both'],
    ['a factory', { method: 'PUT', body: bodyFactory(() => 'x') }, 'both'],
    ['a file', { method: 'PUT', body: new Blob(['x']) }, 'error'],
    ['a form', { method: 'PUT', body: form }, 'error'],
    ['a Request with a body', new Request(URL, { method: 'PUT', body: 'x' }), 'error'],
    ['a text', { method: 'PUT', body: 'x' }, 'none'],
    ['bytes', { method: 'PUT', body: new Uint8Array(1) }, 'none'],
    ['parameters', { method: 'PUT', body: new URLSearchParams('a=b') }, 'none'],
    ['a Request without one', new Request(URL), 'none'],
  ])(
    'blames the server for a failure with %s as body only where it is not the body that failed',
    async (_, given, neutral) => {
      const opens = async (error: Error) => {
        const middleware = circuitBreaker({ rule: consecutive(1) });
        const fetch = middleware(() => Promise.reject(error));
        const call = given instanceof Request ? fetch(given) : fetch(URL, given);
        await call.catch(() => {});
        return middleware.breaker.snapshot('https://api.test').state === 'open';
      };
      const reset = Object.assign(new TypeError('fetch failed'), {
        cause: Object.assign(new Error(), { code: 'ECONNRESET' }),
      });

      expect([await opens(reset), await opens(timeout)]).toEqual([neutral === 'none', neutral !== 'both']);
    },
  );
});

describe('the default rule', () => {
  const service = (answer: (path: string) => number) => {
    const clock = instantClock();
    const middleware = circuitBreaker({ clock });
    const requests: string[] = [];
    const fetch = middleware(async (input) => {
      const { pathname } = new globalThis.URL(String(input));
      requests.push(pathname);
      return new Response(null, { status: answer(pathname) });
    });
    const outcomeOf = (path: string) =>
      fetch(`https://api.test${path}`).then(
        ({ status }) => status,
        ({ name }: Error) => name,
      );
    return { clock, middleware, outcomeOf, requests };
  };

  it('opens at ten calls of which none succeeds, not at half of them', async () => {
    let calls = 0;
    const { outcomeOf, requests } = service(() => (calls++ % 2 === 0 || calls > 20 ? 500 : 200));

    for (let n = 0; n < 40; n++) await outcomeOf('/users');

    expect(requests).toHaveLength(30);
  });

  it('refuses what failed, and nothing else', async () => {
    const { outcomeOf } = service((path) => (path.startsWith('/reports') ? 503 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf(`/reports/${n}`);

    expect(await outcomeOf('/reports/11')).toBe('CircuitOpenError');
    expect(await outcomeOf('/users')).toBe(200);
  });

  it('refuses a broken thing that is asked for again and again, and no other of its route', async () => {
    const { outcomeOf } = service((path) => (path === '/jobs/1' ? 500 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf('/jobs/1');

    expect(await outcomeOf('/jobs/1')).toBe('CircuitOpenError');
    expect(await outcomeOf('/jobs/2')).toBe(200);
  });

  it('refuses everything once more than five parts failed and none succeeded', async () => {
    const { outcomeOf, middleware } = service(() => 500);
    const paths = ['/a', '/b', '/c', '/d', '/e', '/f'];
    for (let n = 0; n < 10; n++) await outcomeOf(paths[n % 5]!);
    expect(middleware.breaker.snapshot('https://api.test').parts).toEqual(
      ['/a', '/b', '/c', '/d', '/e'].map((path) => `GET ${path}`),
    );

    expect(await outcomeOf('/f')).toBe(500);

    expect(await outcomeOf('/g')).toBe('CircuitOpenError');
    expect(middleware.breaker.snapshot('https://api.test').parts).toBeUndefined();
  });

  it('lets what it does not refuse make its retries', async () => {
    let sends = 0;
    const { middleware, outcomeOf } = service((path) => (path === '/reports' || ++sends === 1 ? 500 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf('/reports');
    const again = defineMiddleware(async (call, next) => {
      await next(call);
      return next(call.asAttempt(2));
    });
    const fetch = compose(again, middleware)(async () => new Response(null, { status: ++sends === 1 ? 500 : 200 }));

    expect((await fetch(URL)).status).toBe(200);
  });

  it('closes at the success of what was not refused', async () => {
    const { outcomeOf, middleware } = service((path) => (path === '/reports' ? 500 : 200));
    for (let n = 0; n < 10; n++) await outcomeOf('/reports');

    await outcomeOf('/users');

    expect(middleware.breaker.snapshot('https://api.test')).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('closes at the late success of a call that was sent before it opened', async () => {
    let arrive!: (response: Response) => void;
    const late = new Promise<Response>((resolve) => {
      arrive = resolve;
    });
    const middleware = circuitBreaker({ clock: instantClock() });
    const fetch = middleware((input) =>
      String(input).endsWith('slow') ? late : Promise.resolve(new Response(null, { status: 500 })),
    );
    const slow = fetch(`${URL}/slow`);
    for (let n = 0; n < 10; n++) await fetch(URL);
    const { state } = middleware.breaker.snapshot('https://api.test');

    arrive(new Response('ok'));
    await slow;

    expect([state, middleware.breaker.snapshot('https://api.test').state]).toEqual(['open', 'closed']);
  });
});

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

  it('lets what began before it opened make its retries, and closes at their success', async () => {
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
    ['of the call, where no attempt can follow', 'last', { phase: 'headers', limit: 3_000 }, 1_000, 'open'],
    ['of a call that is not to be repeated', 'off', { phase: 'headers', limit: 3_000 }, 1_000, 'open'],
    ['that left the server no time', 'last', { phase: 'headers', limit: 3_000 }, 999, 'closed'],
    ['that an inner limit would have gone before', true, { phase: 'headers', limit: 3_000 }, 1_000, 'closed'],
    ['of the caller', 'last', new DOMException('', 'TimeoutError'), 1_000, 'closed'],
    ['that is no object', 'last', null, 1_000, 'closed'],
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

  it('never opens where every first attempt fails and the second succeeds', async () => {
    let sends = 0;
    const { clock, fetch, state } = retried(() => (sends++ % 2 === 0 ? 503 : 200));

    for (let n = 0; n < 300; n++) {
      expect((await fetch(URL)).status).toBe(200);
      clock.advance(100);
    }

    expect(state()).toBe('closed');
  });

  it('forgets failures after a pause in which nobody called', async () => {
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

describe('evidence', () => {
  it('is not what was under way at the last success', () => {
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

  it('is told with the refusal, and keeps no circuit open', async () => {
    const { refusal, snapshot } = await refusedAfter({ 'retry-after': '3600' });

    expect(refusal.lastAnswer).toMatchObject({ status: 503, retryAfter: 3_600_000 });
    expect(snapshot.retryAfter).toBe(1_000);
  });

  it.each(['soon', '-5', '1,'.repeat(200_000)])('of another form is as if absent', async (value) => {
    const { refusal } = await refusedAfter({ 'retry-after': value });

    expect(refusal.lastAnswer).not.toHaveProperty('retryAfter');
  });

  it('is told to others without its secrets', async () => {
    const { refusal, snapshot } = await refusedAfter({ 'retry-after': '3600', 'set-cookie': 'secret' });

    expect([...refusal.lastAnswer!.headers]).toEqual([['retry-after', '3600']]);
    expect([...snapshot.lastAnswer!.headers]).toEqual([['retry-after', '3600']]);
  });

  it('of the call itself goes before that of the others', async () => {
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
