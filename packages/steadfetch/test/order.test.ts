import { defineMiddleware } from '@steadfetch/core';
import { fakeFetch, manualClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  bufferBody,
  CircuitOpenError,
  type Clock,
  circuitBreaker,
  compose,
  concurrency,
  consecutive,
  constant,
  idempotencyKey,
  type Middleware,
  rateLimit,
  retry,
  timeout,
} from '../src/index.ts';
import { BUSY, keysOf, live, POST, rig, times, URL } from './support.ts';

const BROKEN = { fault: 'reset-mid-body', body: 'whole' } as const;
const WHOLE = { body: 'whole' };
const STALLED = { fault: 'stall-headers' } as const;

const retries = (clock: Clock, maxRetries = 2) => retry({ clock, maxRetries, delay: constant(1_000), random: () => 0 });
const gate = (clock: Clock) => rateLimit({ clock, random: () => 0 });
const circuit = (clock: Clock, failures: number) =>
  circuitBreaker({ clock, rule: consecutive(failures), openFor: 5_000 });
const keys = () => idempotencyKey();

const WRONG = [
  ['retry', 'idempotencyKey'],
  ['circuitBreaker', 'retry'],
  ['bufferBody', 'retry'],
  ['rateLimit', 'retry'],
] as const;

/** Both orders of two middlewares on the same script. */
function bothOrders(
  outer: (clock: Clock) => Middleware,
  inner: (clock: Clock) => Middleware,
  script: Parameters<typeof fakeFetch>[0],
) {
  return [
    rig((clock) => compose(outer(clock), inner(clock)), script),
    rig((clock) => compose(inner(clock), outer(clock)), script),
  ] as const;
}

describe('timeout and retry', () => {
  it('outside, the limit holds for all attempts and the waits between them', async () => {
    const { fetch, fake } = rig((clock) => compose(timeout(2_500, { clock }), retries(clock, 9)), 503);

    expect((await fetch(URL)).status).toBe(503);
    expect(times(fake)).toEqual([0, 1_000, 2_000]);
  });

  it('inside, the limit holds for each attempt, and an attempt that was too slow is retried', async () => {
    const { fetch, fake } = rig((clock) => compose(retries(clock), timeout(2_500, { clock })), [STALLED, STALLED, 200]);

    expect((await fetch(URL)).status).toBe(200);
    expect(times(fake)).toEqual([0, 2_500, 6_000]);
  });

  it('on both sides, the outer limit ends an attempt that the inner one would have allowed', async () => {
    const stack = (clock: Clock) => compose(timeout(4_000, { clock }), retries(clock), timeout(3_000, { clock }));
    const { fetch, fake, clock } = rig(stack, STALLED);

    await expect(fetch(URL)).rejects.toMatchObject({ name: 'TimeoutError', limit: 4_000 });
    expect(times(fake)).toEqual([0, 3_000]);
    expect(clock.pending).toBe(0);
  });
});

describe('idempotencyKey and retry', () => {
  it('outside, all attempts carry the same key', async () => {
    const { fetch, fake } = rig((clock) => compose(keys(), retries(clock)), [503, 503, 200]);

    await fetch(URL, POST);

    expect(fake.calls).toHaveLength(3);
    expect(new Set(keysOf(fake)).size).toBe(1);
  });

  it('inside, retry sees no key and retries nothing; retries for other reasons get a key each', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const stack = (idempotent: boolean) => (clock: Clock) => compose(retry({ clock, idempotent }), keys());
    const [unsafe, declared] = [rig(stack(false), [503, 200]), rig(stack(true), [503, 200])];

    expect((await unsafe.fetch(URL, POST)).status).toBe(503);
    expect((await declared.fetch(URL, POST)).status).toBe(200);
    expect(new Set(keysOf(declared.fake)).size).toBe(2);
  });
});

describe('retry and rateLimit', () => {
  it('retry outside, the limiter resends a refused call and uses no retry', async () => {
    const { fetch, fake } = rig((clock) => compose(retries(clock, 1), gate(clock)), [BUSY, BUSY, 500, 200]);

    expect((await fetch(URL)).status).toBe(200);
    expect(fake.calls).toHaveLength(4);
  });

  it('retry outside, every attempt waits for its turn', async () => {
    const { fetch, fake, clock } = rig((clock) => compose(retries(clock), gate(clock)), [BUSY, 500, 200]);

    await Promise.all([fetch(URL), fetch(URL)]);

    expect(Math.min(...times(fake).slice(2))).toBeGreaterThanOrEqual(1_000);
    expect(clock.pending).toBe(0);
  });

  it('retry inside, a refusal is retried before the limiter sees it, and uses a retry', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const onLimit = vi.fn();
    const stack = (clock: Clock) => compose(rateLimit({ clock, hooks: { onLimit } }), retries(clock, 1));
    const { fetch, fake } = rig(stack, [BUSY, 200]);

    expect((await fetch(URL)).status).toBe(200);
    expect(fake.calls).toHaveLength(2);
    expect(onLimit).not.toHaveBeenCalled();
  });
});

describe('retry and circuitBreaker', () => {
  it('retry outside, the breaker counts a call once, and a call that it rejects is not retried', async () => {
    const { fetch, fake } = rig((clock) => compose(retries(clock, 9), circuit(clock, 2)), 500);

    expect((await fetch(URL)).status).toBe(500);
    await expect(fetch(URL)).rejects.toThrow(CircuitOpenError);
    expect(fake.calls).toHaveLength(11);
  });

  it('retry inside, the breaker sees one outcome for many attempts', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { fetch, fake } = rig((clock) => compose(circuit(clock, 2), retries(clock, 2)), 500);

    expect((await fetch(URL)).status).toBe(500);
    expect((await fetch(URL)).status).toBe(500);
    await expect(fetch(URL)).rejects.toThrow(CircuitOpenError);
    expect(fake.calls).toHaveLength(6);
  });
});

describe('rateLimit and circuitBreaker', () => {
  it('the limiter outside, a wait for a turn is no slow answer', async () => {
    const seen: number[] = [];
    const rule = { start: () => ({ record: ({ duration }: { duration: number }) => seen.push(duration) > 9 }) };
    const breaker = (clock: Clock) => circuitBreaker({ clock, rule });
    const [outside, inside] = bothOrders(gate, breaker, [BUSY, 200]);

    await outside.fetch(URL);
    expect(seen).toEqual([0]);
    await inside.fetch(URL);

    expect(seen[1]).toBeGreaterThanOrEqual(1_000);
  });

  it('the limiter outside, an open circuit does not block it', async () => {
    const { fetch, fake } = rig((clock) => compose(gate(clock), circuit(clock, 1)), [500, 200]);
    await fetch(URL);

    await expect(fetch(URL)).rejects.toThrow(CircuitOpenError);
    expect(fake.calls).toHaveLength(1);
  });

  it('the breaker outside, a call that the limiter rejects is no failure of the server', async () => {
    const full = (clock: Clock) => rateLimit({ clock, maxWait: 10 });
    const { fetch } = rig((clock) => compose(circuit(clock, 1), full(clock)), [BUSY, 200]);

    expect((await fetch(URL)).status).toBe(429);
    await expect(fetch(URL)).rejects.toMatchObject({ name: 'RateLimitError' });
    await expect(fetch(URL)).rejects.toMatchObject({ name: 'RateLimitError' });
  });
});

describe('retry and concurrency', () => {
  it('retry outside, a call has no slot while it waits for its retry', async () => {
    const clock = manualClock();
    const slots = concurrency(1);
    const call = compose(retries(clock), slots)(fakeFetch([503, 200], { clock }))(URL);

    await clock.advance(500);

    expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
    await clock.advance(500);
    expect((await call).status).toBe(200);
  });

  it('retry inside, a call keeps its slot while it waits for its retry, unless most others succeed', async () => {
    const clock = manualClock();
    const slots = concurrency(1);
    const call = compose(slots, retries(clock))(fakeFetch([503, 200], { clock }))(URL);

    await clock.advance(500);

    expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });
    await clock.advance(500);
    expect((await call).status).toBe(200);
  });

  it('retry outside, a full queue is not retried', async () => {
    const clock = manualClock();
    const fetch = compose(retries(clock), concurrency(1, { maxQueue: 0 }))(fakeFetch({ delay: 50 }, { clock }));
    const first = fetch(URL);

    await expect(fetch(URL)).rejects.toMatchObject({ name: 'QueueFullError' });
    expect((await live(clock, first)).status).toBe(200);
  });
});

describe('retry and bufferBody', () => {
  it('retry outside, an incomplete body is a failed attempt', async () => {
    const { fetch, fake } = rig((clock) => compose(retries(clock), bufferBody()), [BROKEN, WHOLE]);

    expect(await (await fetch(URL)).text()).toBe('whole');
    expect(fake.calls).toHaveLength(2);
  });

  it('retry inside, it is too late to retry', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { fetch, fake } = rig((clock) => compose(bufferBody(), retries(clock)), [BROKEN, WHOLE]);

    await expect(fetch(URL)).rejects.toThrow();
    expect(fake.calls).toHaveLength(1);
  });
});

describe('bufferBody and timeout', () => {
  const STALLED_BODY = { fault: 'stall-body', body: 'whole' } as const;

  it('bufferBody outside, a body that stalls ends the attempt, if there is a limit for bodies', async () => {
    const idle = (clock: Clock) => timeout({ headers: 5_000, body: 2_000 }, { clock });
    const stack = (clock: Clock) => compose(retries(clock), bufferBody(), idle(clock));
    const { fetch, fake } = rig(stack, [STALLED_BODY, WHOLE]);

    expect(await (await fetch(URL)).text()).toBe('whole');
    expect(times(fake)).toEqual([0, 2_000]);
  });

  it('bufferBody inside, the limit for headers also covers the reading of the body', async () => {
    const stack = (clock: Clock) => compose(retries(clock), timeout(5_000, { clock }), bufferBody());
    const { fetch, fake, clock } = rig(stack, [STALLED_BODY, WHOLE]);

    expect(await (await fetch(URL)).text()).toBe('whole');
    expect(times(fake)).toEqual([0, 5_000]);
    expect(clock.pending).toBe(0);
  });
});

describe('timeout and the waits inside it', () => {
  it('outside a limiter, a wait that does not fit is not started', async () => {
    const long = { status: 429, headers: { 'retry-after': '60' } };
    const { fetch, clock } = rig((clock) => compose(timeout(5_000, { clock }), gate(clock)), long);
    const start = clock.now();

    expect((await fetch(URL)).status).toBe(429);
    await expect(fetch(URL)).rejects.toMatchObject({ name: 'RateLimitError', reason: 'rate-limited' });
    expect(clock.now() - start).toBeLessThan(5_000);
  });

  it('inside a limiter, the wait for a turn is not counted', async () => {
    const { fetch } = rig((clock) => compose(gate(clock), timeout(500, { clock })), [BUSY, 200]);

    expect((await fetch(URL)).status).toBe(200);
  });

  it('outside of concurrency, it ends a wait for a slot; inside, the wait is not counted', async () => {
    const slots = () => concurrency(1);
    const limit = (clock: Clock) => timeout(1_500, { clock });
    const [outside, inside] = bothOrders(limit, slots, { delay: 1_000 });

    const [first, second] = await Promise.allSettled([outside.fetch(URL), outside.fetch(URL)]);
    const both = await Promise.allSettled([inside.fetch(URL), inside.fetch(URL)]);

    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } });
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  });

  it('inside a breaker, a timeout is a failure; outside, it looks like an abort by the caller and changes nothing', async () => {
    const limit = (clock: Clock) => timeout(1_000, { clock });
    const [outside, inside] = bothOrders(limit, (clock) => circuit(clock, 1), [STALLED, 200]);

    await expect(outside.fetch(URL)).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(inside.fetch(URL)).rejects.toMatchObject({ name: 'TimeoutError' });

    expect((await outside.fetch(URL)).status).toBe(200);
    await expect(inside.fetch(URL)).rejects.toThrow(CircuitOpenError);
  });
});

describe('circuitBreaker and concurrency', () => {
  it('the breaker outside, a call takes no slot while the circuit is open', async () => {
    const clock = manualClock();
    const slots = concurrency(1);
    const fetch = compose(circuit(clock, 1), slots)(fakeFetch(500));
    await fetch(URL);

    await expect(fetch(URL)).rejects.toThrow(CircuitOpenError);
    expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
  });

  it('the breaker inside, a call waits for a slot first and is then rejected', async () => {
    const slots = concurrency(1);
    const { fetch, fake } = rig((clock) => compose(slots, circuit(clock, 1)), { status: 500, delay: 100 });

    const [first, second] = await Promise.allSettled([fetch(URL), fetch(URL)]);

    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { name: 'CircuitOpenError' } });
    expect(fake.calls).toHaveLength(1);
  });
});

describe('orders that are known to be wrong', () => {
  it.each(WRONG)('are warned of once: %s outside of %s', async (outer, inner) => {
    vi.resetModules();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const fresh = (await import('../src/index.ts')) as unknown as Record<string, () => Middleware>;
    const between = defineMiddleware((call, next) => next(call));
    const make = () => compose(fresh[outer]!(), between, fresh[inner]!())(fakeFetch(200));

    make();
    make();

    expect(warn.mock.calls.flat()).toEqual([expect.stringContaining(`${outer}() stands outside ${inner}()`)]);
    warn.mockRestore();
  });

  it('are not warned of in the standard stack, nor in production', async () => {
    vi.resetModules();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const fresh = await import('../src/index.ts');
    fresh.standard({ idempotencyKey: true, concurrency: 3, bufferBody: true })(fakeFetch(200));
    vi.stubEnv('NODE_ENV', 'production');

    fresh.compose(fresh.rateLimit(), fresh.retry())(fakeFetch(200));

    expect(warn).not.toHaveBeenCalled();
    vi.unstubAllEnvs();
    warn.mockRestore();
  });
});
