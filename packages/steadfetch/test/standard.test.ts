import { fakeFetch, instantClock, manualClock } from '@steadfetch/testing';
import { type ClientMaker, seededRandom, simulate } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  type Clock,
  compose,
  consecutive,
  defineMiddleware,
  idempotencyKey,
  type Middleware,
  online,
  RateLimitError,
  retry,
  retryBudget,
  type StandardOptions,
  standard,
  type TimeoutLimits,
  timeout,
} from '../src/index.ts';
import { BARE, BUSY, keysOf, POST, standardRig, times, URL } from './support.ts';

const DOWN = consecutive(1);
/** A stack with the two layers that are off by default. */
const ALL: StandardOptions = { rateLimit: true, circuitBreaker: true };
const NOTHING = { now: false, sleep: false, random: false };

describe('standard', () => {
  it('has timeouts and retries by default', () => {
    expect(standard().describe()).toBe(
      ['timeout  call 30000', 'retry  maxRetries 2  maxDelay 30000', 'timeout  attempt headers 10000', 'fetch'].join(
        '\n',
      ),
    );
  });

  it.each([9_500, 10_500])(
    'is compose(timeout(30_000), retry(), timeout(10_000)), at answers of %i ms',
    async (latency) => {
      const service = { capacity: 50, latency, failRate: 0.2, outage: { from: 5_000, to: 12_000 } };
      const play = (client: ClientMaker) => simulate({ client, arrivals: 10, service, seconds: 40 });

      const report = await play((fetch, { clock, random }) => standard({ clock, random })(fetch));

      const small: ClientMaker = (fetch, { clock, random }) =>
        compose(timeout(30_000, { clock }), retry({ clock, random }), timeout(10_000, { clock }))(fetch);
      expect(await play(small)).toEqual(report);
    },
  );

  it('adds a rate limiter and a circuit breaker on request', () => {
    expect(standard(ALL).describe()).toMatchInlineSnapshot(`
      "timeout  call 30000
      retry  maxRetries 2  maxDelay 30000
      rateLimit  proof first  maxWait 30000  maxResends 10
      circuitBreaker  openFor 1000  probes 1
      timeout  attempt headers 10000
      fetch"
    `);
  });

  it('describes every layer that was asked for, outermost first, with its numbers', () => {
    const stack = standard({
      timeout: 20_000,
      attemptTimeout: { headers: 5_000, body: 10_000 },
      retry: { maxRetries: 3, serverHints: { spread: 0.5 }, statuses: [429, 503], shouldRetry: () => undefined },
      rateLimit: { limit: { requests: 10, per: 1_000 } },
      circuitBreaker: { openFor: 9_000, rule: DOWN },
      idempotencyKey: { format: 'raw' },
      concurrency: { max: 5, maxQueue: 20 },
      bufferBody: { validate: 'json' },
    });

    expect(stack.describe()).toMatchInlineSnapshot(`
      "timeout  call 20000
      idempotencyKey  format raw
      concurrency  max 5  maxQueue 20
      retry  maxRetries 3  maxDelay 20000  serverHints spread 0.5  statuses 429 503
      rateLimit  proof first  maxWait 20000  maxResends 10  limit requests 10  limit per 1000
      circuitBreaker  openFor 9000  probes 1
      bufferBody  maxBytes 1000000  validate json
      timeout  attempt headers 5000  attempt body 10000
      fetch"
    `);
  });

  it('takes a number of retries as ky does', async () => {
    const { fetch, fake } = standardRig({ retry: 4 }, [500, 500, 500, 500, 200]);

    expect((await fetch(URL)).status).toBe(200);
    expect(fake.calls).toHaveLength(5);
    expect(standard({ retry: 0 }).describe()).toContain('maxRetries 0');
    expect(() => standard({ retry: -1 })).toThrow('retry: maxRetries');
  });

  it('returns the state of each of its layers, and resets it', async () => {
    const clock = manualClock();
    const stack = standard({ ...ALL, clock, concurrency: 5, retry: { budget: retryBudget({ clock }) } });
    const call = stack(fakeFetch(503, { clock }))(URL);
    await clock.runAll();
    await call;

    expect(Object.keys(stack.snapshot())).toEqual(['retryBudget', 'rateLimit', 'circuitBreaker', 'concurrency']);
    expect(stack.snapshot().retryBudget).toMatchObject({ 'https://api.example.com': { state: 'trouble' } });
    stack.reset('https://other.test');
    expect(stack.snapshot().retryBudget).toMatchObject({ 'https://api.example.com': { state: 'trouble' } });
    stack.reset();
    expect(stack.snapshot().retryBudget).toEqual({});
    expect(Object.keys(standard().snapshot())).toEqual(['retryBudget']);
    expect(Object.keys(standard({ retry: { budget: false } }).snapshot())).toEqual([]);
  });

  it.each(['auto', 'path'] as const)('forgets a server for all its credentials: %s', async (scope) => {
    const clock = manualClock();
    const refused = { status: 429, headers: { 'retry-after': '20' } };
    const stack = standard({ timeout: 3_000, clock, retry: 0, rateLimit: { scope, proof: 'direct' } });
    const fetch = stack(fakeFetch([refused, 200], { clock }));
    const headers = { authorization: 'Bearer secret' };

    expect((await fetch(URL, { headers })).status).toBe(429);
    stack.reset('https://other.test');
    await expect(fetch(URL, { headers })).rejects.toThrow(RateLimitError);
    stack.reset('https://api.example.com');
    expect((await fetch(URL, { headers })).status).toBe(200);
  });

  it('describes no state', () => {
    const stack = standard({
      ...{ clock: instantClock(), random: () => 0 },
      retry: { hooks: [{ onRetry: () => {} }], budget: retryBudget() },
      circuitBreaker: { breaker: breaker() },
    });

    expect(stack.describe()).toBe(
      standard({ circuitBreaker: true }).describe().replace('  openFor 1000  probes 1', ''),
    );
    expect(standard({ retry: { budget: false } }).describe()).toContain('budget false');
  });

  it('does not describe a breaker or a store of the caller, which may be a plain object with a password or a cycle', () => {
    const own = { connection: { password: 'secret' }, pacer: () => undefined as never, self: {} };
    own.self = own;
    const stack = standard({ circuitBreaker: { breaker: { ...breaker(), ...own } }, rateLimit: { store: own } });

    expect(stack.describe()).toContain('circuitBreaker\n');
    expect(stack.describe()).not.toContain('secret');
  });

  it.each<[StandardOptions, number]>([
    [{ idempotencyKey: { header: 'X-Idem' } }, 2],
    [{ idempotencyKey: { header: 'X-Idem', when: () => false } }, 1],
    [{ idempotencyKey: { header: 'X-Idem' }, retry: { idempotent: false } }, 2],
  ])('retries a POST whose key is in a field of another name: %o', async (options, attempts) => {
    const { fetch, fake } = standardRig(options, [500, 200]);

    await fetch(URL, POST);

    expect(fake.calls).toHaveLength(attempts);
  });

  it.each<[string, StandardOptions, RequestInit, number[], number]>([
    ['a new key', { idempotencyKey: true }, POST, [409, 200], 1],
    ['a new key, after another attempt', { idempotencyKey: true }, POST, [503, 409, 200], 3],
    ['a key of the caller', {}, { ...POST, headers: { 'idempotency-key': 'mine' } }, [409, 200], 2],
    ['a key that may be stored', { idempotencyKey: { generate: () => 'mine' } }, POST, [409, 200], 2],
  ])(
    'takes a 409 for an earlier request at work only where one may be: %s',
    async (_what, options, init, replies, attempts) => {
      const { fetch, fake } = standardRig(options, replies);

      await fetch(URL, init);

      expect(fake.calls).toHaveLength(attempts);
    },
  );

  it('returns the first 409 to a new key, also if a foreign wrapper inside makes one request count as two', async () => {
    const wrapper: Middleware = (next) => (input, init) => next(input, { ...init });
    const fake = fakeFetch([409, 200]);
    const fetch = compose(idempotencyKey(), retry({ clock: instantClock() }), wrapper, timeout(5_000))(fake);

    expect((await fetch(URL, POST)).status).toBe(409);
  });

  it('treats a 409 as an earlier request in progress if an inner layer sends by a fetch of its own', async () => {
    const fake = fakeFetch([503, 409, 200]);
    const own = defineMiddleware(({ url, method, headers }) => fake(url, { method, headers }));
    const fetch = compose(idempotencyKey(), retry({ clock: instantClock() }), own)(fake);

    expect((await fetch(URL, POST)).status).toBe(200);
  });

  it('treats a 409 as an earlier request in progress if a probe of online() found no network before', async () => {
    const fake = fakeFetch(['network-error', 409, 200]);
    const layer = online({ clock: instantClock(), isOnline: () => false, target: new EventTarget() });
    const fetch = compose(idempotencyKey(), retry({ clock: instantClock() }), layer)(fake);

    expect((await fetch(URL, POST)).status).toBe(200);
  });

  it('adds nothing when everything is off', async () => {
    const stack = standard({ ...BARE, idempotencyKey: false, concurrency: false, bufferBody: false });
    const fake = fakeFetch(503);

    expect(stack.describe()).toBe('fetch');
    expect((await stack(fake)(URL, POST)).status).toBe(503);
    expect(fake.calls).toHaveLength(1);
  });

  it.each<[StandardOptions, string[]]>([
    [{ timeout: false }, ['retry', 'rateLimit', 'circuitBreaker', 'timeout', 'fetch']],
    [{ attemptTimeout: false }, ['timeout', 'retry', 'rateLimit', 'circuitBreaker', 'fetch']],
    [{ retry: false }, ['timeout', 'rateLimit', 'circuitBreaker', 'timeout', 'fetch']],
    [{ retry: false, timeout: false }, ['rateLimit', 'circuitBreaker', 'timeout', 'fetch']],
    [{ rateLimit: false }, ['timeout', 'retry', 'circuitBreaker', 'timeout', 'fetch']],
    [{ circuitBreaker: false }, ['timeout', 'retry', 'rateLimit', 'timeout', 'fetch']],
    [
      { retry: true, rateLimit: true, circuitBreaker: true },
      ['timeout', 'retry', 'rateLimit', 'circuitBreaker', 'timeout', 'fetch'],
    ],
    [
      { idempotencyKey: true },
      ['timeout', 'idempotencyKey', 'retry', 'rateLimit', 'circuitBreaker', 'timeout', 'fetch'],
    ],
    [{ concurrency: 3 }, ['timeout', 'concurrency', 'retry', 'rateLimit', 'circuitBreaker', 'timeout', 'fetch']],
    [{ bufferBody: true }, ['timeout', 'retry', 'rateLimit', 'circuitBreaker', 'bufferBody', 'timeout', 'fetch']],
  ])('takes layers in and out: %o', (options, layers) => {
    const lines = standard({ ...ALL, ...options })
      .describe()
      .split('\n');

    expect(lines.map((line) => line.split(' ')[0])).toEqual(layers);
  });

  it('limits an attempt to half of a short call, so that there is time for another attempt', () => {
    expect(standard({ timeout: 5_001 }).describe()).toContain('attempt headers 2501');
    expect(standard({ timeout: 5_000 }).describe()).toContain('maxDelay 5000');
    expect(standard({ ...ALL, timeout: 5_000 }).describe()).toContain('maxWait 5000');
    expect(standard({ timeout: 90_000 }).describe()).toContain('maxDelay 65000');
    expect(standard({ timeout: false }).describe()).toContain('attempt headers 10000');
    expect(standard({ timeout: 1 }).describe()).not.toContain('attempt');
  });

  it('does not abort an attempt that no other can follow, unless attemptTimeout is set', async () => {
    const clock = manualClock();
    const fetch = standard({ retry: false, timeout: 60_000, clock })(fakeFetch({ delay: 14_000 }, { clock }));

    const order = fetch(URL, POST);
    await clock.advance(14_000);

    expect((await order).status).toBe(200);
    expect(standard({ retry: false, attemptTimeout: 5_000 }).describe()).toContain('attempt headers 5000');
    expect(standard({ retry: false, timeout: false }).describe()).toContain('attempt headers 10000');
    expect(standard({ retry: false, bufferBody: true }).describe()).toContain(
      'attempt headers 29999  attempt body 10000',
    );
  });

  it('counts a server that hangs as a failure, even if no attempt can follow', async () => {
    const clock = manualClock();
    const stack = standard({ retry: false, circuitBreaker: { rule: DOWN }, clock });
    const call = stack(fakeFetch({ fault: 'stall-headers' }, { clock }))(URL).catch((error: unknown) => error);

    await clock.advance(30_000);

    expect(await call).toMatchObject({ name: 'TimeoutError' });
    expect(stack.snapshot().circuitBreaker).toMatchObject({ 'https://api.example.com': { state: 'open' } });
  });

  it('frees the slot of a hanging call without retries, also if the fetch ignores its signal', async () => {
    const clock = manualClock();
    const stack = standard({ retry: false, concurrency: 1, clock });
    const steady = stack(() => new Promise<never>(() => {}));
    const call = steady(URL).catch((error: unknown) => error);

    await clock.advance(30_000);

    expect(await call).toMatchObject({ name: 'TimeoutError' });
    expect(stack.snapshot().concurrency).toMatchObject({ active: 0 });
  });

  it('uses the default for undefined, also within the options of a layer', () => {
    const unset = { maxDelay: undefined } as unknown as { maxDelay: number };
    const stack = standard({ timeout: undefined, retry: unset, concurrency: undefined } as unknown as StandardOptions);

    expect(stack.describe()).toBe(standard().describe());
    expect(
      standard({ attemptTimeout: { headers: undefined, body: 50 } as unknown as TimeoutLimits }).describe(),
    ).toContain('timeout  attempt body 50');
  });

  it('retries twice, and returns the last response', async () => {
    const { fetch, fake } = standardRig({ circuitBreaker: false }, [500, 502, 503, 200]);

    expect((await fetch(URL)).status).toBe(503);
    expect(fake.calls).toHaveLength(3);
  });

  it('retries POST only with a key, which all attempts share and no other call', async () => {
    const plain = standardRig({}, [503, 200]);
    const keyed = standardRig({ idempotencyKey: true }, [503, 200, 200]);

    expect((await plain.fetch(URL, POST)).status).toBe(503);
    expect((await keyed.fetch(URL, POST)).status).toBe(200);
    await keyed.fetch(URL, POST);

    const [first, second, third] = keysOf(keyed.fake);
    expect(first).toMatch(/^".+"$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('resends a refused call without using a retry', async () => {
    const { fetch, fake } = standardRig({ rateLimit: true, retry: { maxRetries: 1 } }, [BUSY, BUSY, 500, BUSY, 200]);

    expect((await fetch(URL)).status).toBe(200);
    expect(fake.calls).toHaveLength(5);
    expect(times(fake)[2]).toBeGreaterThanOrEqual(2_000);
  });

  it('sends calls early enough to be answered, after a quota was empty for longer than a call may take', async () => {
    const clock = manualClock();
    const usedUp = clock.now() + 20_000;
    const reset = usedUp + 55_000;
    const server = () => {
      const now = clock.now();
      if (now < usedUp || now >= reset) return { status: 200, delay: 3_000 };
      return { status: 429, headers: { 'retry-after': String(Math.ceil((reset - now) / 1_000)) }, delay: 20 };
    };
    const fetch = standard({ rateLimit: true, clock, random: seededRandom(5) })(fakeFetch(server, { clock }));
    let [made, succeeded] = [0, 0];
    const call = async () => {
      const isAfter = clock.now() > reset;
      if (isAfter) made++;
      if ((await fetch(URL)).ok && isAfter) succeeded++;
    };

    while (clock.now() < reset + 40_000) {
      void call().catch(() => {});
      await clock.advance(333);
    }
    await clock.advance(30_000);

    expect(succeeded / made).toBeGreaterThan(0.9);
  });

  it('counts a call once in the circuit breaker, however many attempts it has', async () => {
    const { fetch, fake } = standardRig({ circuitBreaker: { rule: consecutive(2) }, concurrency: 1 }, 500);

    expect((await fetch(URL)).status).toBe(500);
    await expect(fetch(URL)).rejects.toThrow(CircuitOpenError);
    expect(fake.calls).toHaveLength(4);
  });

  it('reports in a rejection what the server asked for, and probes after its own time', async () => {
    const reply = { status: 503, headers: { 'retry-after': '100' } };
    const { fetch } = standardRig({ circuitBreaker: { rule: DOWN }, retry: false, rateLimit: false }, reply);
    await fetch(URL);

    await expect(fetch(URL)).rejects.toMatchObject({
      name: 'CircuitOpenError',
      retryAfter: 1_000,
      lastAnswer: { status: 503, retryAfter: 100_000 },
    });
  });

  it('leaves its own clock to a breaker that was passed in', async () => {
    const shared = breaker({ rule: DOWN, openFor: 7_000, clock: instantClock() });
    const { fetch } = standardRig({ circuitBreaker: { breaker: shared }, retry: false, rateLimit: false }, 503);

    await fetch(URL);

    expect(shared.snapshot('https://api.example.com')).toMatchObject({ state: 'open', retryAfter: 7_000 });
  });

  it('shares limits, circuits and budgets between the fetches that it is applied to', async () => {
    const stack = standard({ retry: false, circuitBreaker: { rule: DOWN } });
    const [one, other] = [stack(fakeFetch(500)), stack(fakeFetch(200))];

    await one(URL);

    await expect(other(URL)).rejects.toThrow(CircuitOpenError);
  });

  it('reads a body inside the attempt when asked to', async () => {
    const broken = { fault: 'reset-mid-body', body: 'whole' } as const;
    const { fetch } = standardRig({ bufferBody: true }, [broken, { body: 'whole' }]);

    expect(await (await fetch(URL)).text()).toBe('whole');
  });

  it('treats a stalled body as a failed attempt if bodies are read inside the attempt', async () => {
    const { fetch, fake } = standardRig({ bufferBody: true }, [
      { fault: 'stall-body', body: 'whole' },
      { body: 'whole' },
    ]);

    expect(await (await fetch(URL)).text()).toBe('whole');
    expect(times(fake)).toEqual([0, 10_000]);
    expect(standard({ bufferBody: true }).describe()).toContain('attempt headers 10000  attempt body 10000');
  });

  it('aborts an attempt that is too slow, and retries it', async () => {
    const clock = manualClock();
    const fake = fakeFetch([{ fault: 'stall-headers' }, 200], { clock });
    const call = standard({ clock, attemptTimeout: 2_000 })(fake)(URL);

    await clock.advance(2_000);

    expect((await call).status).toBe(200);
    expect(fake.calls.map(({ elapsed }) => elapsed)).toEqual([0, 2_000]);
  });

  it('ends the whole call in time, whatever it waits for', async () => {
    const clock = manualClock();
    const fetch = standard({ clock, timeout: 5_000, attemptTimeout: false })(
      fakeFetch({ fault: 'stall-headers' }, { clock }),
    );
    const call = expect(fetch(URL)).rejects.toMatchObject({ name: 'TimeoutError', limit: 5_000 });

    await clock.advance(5_000);

    await call;
    expect(clock.pending).toBe(0);
  });

  it('passes its random source to a circuit that has been open for long', async () => {
    const clock = instantClock();
    const stack = standard({ ...BARE, circuitBreaker: { rule: DOWN }, clock, random: () => 0.5 });
    const fetch = stack(fakeFetch(500));
    await fetch(URL);
    clock.advance(300_000);
    await fetch(URL);

    await expect(fetch(URL)).rejects.toMatchObject({ name: 'CircuitOpenError', retryAfter: 5_400 });
  });

  it.each<[string, StandardOptions, Partial<typeof NOTHING>]>([
    ['the timeout of the call', { timeout: 5_000 }, { now: true, sleep: true }],
    ['the timeout of an attempt', { attemptTimeout: 5_000 }, { now: true, sleep: true }],
    ['the retries', { retry: true }, { now: true, sleep: true, random: true }],
    ['the gate', { rateLimit: true }, { now: true, sleep: true, random: true }],
    ['the circuit', { circuitBreaker: { rule: DOWN } }, { now: true, random: true }],
  ])('hands clock and chance to %s', async (_name, options, expected) => {
    const asked = { ...NOTHING };
    const time = instantClock();
    const clock: Clock = {
      now: () => {
        asked.now = true;
        return time.now();
      },
      sleep: (...args) => {
        asked.sleep = true;
        return time.sleep(...args);
      },
    };
    const random = () => {
      asked.random = true;
      return 0.5;
    };
    const script = 'circuitBreaker' in options ? 500 : [BUSY, 500, 200];
    const fetch = standard({ ...BARE, ...options, clock, random })(fakeFetch(script));

    for (let call = 0; call < 2; call++) await fetch(URL).catch(() => {});

    expect(asked).toEqual({ ...NOTHING, ...expected });
  });
});
