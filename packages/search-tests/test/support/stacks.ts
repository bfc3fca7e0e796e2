import { retry as kyRetry, use } from '@steadfetch/ky';
import { evenIfNotIdempotent, serverHints } from '@steadfetch/retry';
import fc from 'fast-check';
import ky from 'ky';
import {
  bufferBody,
  type Clock,
  circuitBreaker,
  compose,
  concurrency,
  drain,
  type Fetch,
  idempotencyKey,
  type Middleware,
  maxRetries,
  online,
  onNetworkError,
  onStatus,
  onTimeout,
  type Random,
  type RetryOptions,
  rateLimit,
  retry,
  retryBudget,
  retryWith,
  TRANSIENT,
  timeout,
} from 'steadfetch';

export interface Timing {
  readonly clock: Clock;
  readonly random: Random;
}

/** How a stack is put together. `order`: a place for each layer; none for the canonical order. */
export interface Spec {
  readonly form: 'compose' | 'twice' | 'rules' | 'ky hooks' | 'ky use';
  readonly order: readonly number[] | undefined;
  readonly retries: number;
  readonly idempotent: boolean;
  readonly key: boolean;
  readonly timeout: boolean;
  readonly attemptTimeout: boolean;
  readonly bodyTimeout: boolean;
  readonly rateLimit: boolean;
  readonly circuitBreaker: boolean;
  readonly concurrency: boolean;
  readonly bufferBody: boolean;
  readonly drain: boolean;
  /** A browser that says that it is offline, and is not. */
  readonly offline: boolean;
}

const orders = fc.option(fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 10, maxLength: 10 }), {
  nil: undefined,
});

const members = {
  form: fc.constantFrom<Spec['form']>('compose', 'twice', 'rules', 'ky hooks', 'ky use'),
  order: orders,
  retries: fc.integer({ min: 0, max: 3 }),
  idempotent: fc.constant(false),
  key: fc.boolean(),
  timeout: fc.boolean(),
  attemptTimeout: fc.boolean(),
  bodyTimeout: fc.boolean(),
  rateLimit: fc.boolean(),
  circuitBreaker: fc.boolean(),
  concurrency: fc.boolean(),
  bufferBody: fc.boolean(),
  drain: fc.boolean(),
  offline: fc.boolean(),
} satisfies { [K in keyof Spec]: fc.Arbitrary<Spec[K]> };

/** Every stack. What is given replaces what would be drawn. */
export function specs(fixed: { [K in keyof Spec]?: fc.Arbitrary<Spec[K]> } = {}): fc.Arbitrary<Spec> {
  return fc.record({ ...members, ...fixed } as typeof members);
}

/** A stack, and what keeps state in it. */
export interface Built {
  readonly wrap: (next: Fetch) => Fetch;
  /** What each layer that keeps state believes. */
  snapshot(): Record<string, unknown>;
}

/** What is added to the options of each layer, e.g. observers. */
export interface Extra {
  readonly retry?: RetryOptions;
  readonly rateLimit?: Parameters<typeof rateLimit>[0];
  readonly circuitBreaker?: Parameters<typeof circuitBreaker>[0];
  readonly concurrency?: Parameters<typeof concurrency>[1];
  readonly idempotencyKey?: Parameters<typeof idempotencyKey>[0];
  /** A layer inside all others. */
  readonly innermost?: Middleware;
}

export function build(spec: Spec, timing: Timing, extra: Extra = {}): Built {
  const { clock } = timing;
  const budget = retryBudget({ clock });
  const options: RetryOptions = {
    maxRetries: spec.retries,
    idempotent: spec.idempotent,
    budget,
    ...timing,
    ...extra.retry,
  };
  const limiter = rateLimit({ ...timing, ...extra.rateLimit });
  const breaker = circuitBreaker({ ...timing, ...extra.circuitBreaker });
  const slots = concurrency(2, { ...extra.concurrency });
  const repeats = spec.form === 'rules' ? retryWith(...rulesOf(spec, timing)) : retry(options);
  const loops = spec.form !== 'ky hooks';
  const layers = [
    spec.drain && drain({ clock }),
    spec.timeout && timeout(30_000, { clock }),
    spec.key && idempotencyKey({ ...extra.idempotencyKey }),
    loops && repeats,
    spec.rateLimit && limiter,
    spec.circuitBreaker && breaker,
    spec.offline && online({ clock, isOnline: () => false, target: new EventTarget(), probeEvery: 50 }),
    spec.concurrency && slots,
    spec.bufferBody && bufferBody(),
    spec.attemptTimeout && timeout({ headers: 5_000, ...(spec.bodyTimeout && { body: 2_000 }) }, { clock }),
    spec.form === 'twice' && retry(options),
    extra.innermost ?? false,
  ].filter((layer) => typeof layer === 'function');
  const { order } = spec;
  const placed: Middleware[] = order
    ? layers
        .map((layer, index) => ({ layer, at: order[index] ?? index }))
        .sort((a, b) => a.at - b.at)
        .map(({ layer }) => layer)
    : layers;
  return {
    wrap: wrapper(spec, placed, options),
    snapshot: () => ({
      budget: budget.snapshot(),
      ...(spec.rateLimit && { rateLimit: limiter.snapshot() }),
      ...(spec.circuitBreaker && { circuitBreaker: breaker.breaker.snapshot() }),
      ...(spec.concurrency && { concurrency: slots.snapshot() }),
    }),
  };
}

function rulesOf({ retries, idempotent }: Spec, { clock, random }: Timing): Parameters<typeof retryWith> {
  const rules = [
    maxRetries(retries),
    onStatus(...TRANSIENT),
    onNetworkError(),
    onTimeout(),
    serverHints(),
    { clock, random },
  ];
  return idempotent ? [...rules, evenIfNotIdempotent()] : rules;
}

function wrapper({ form }: Spec, layers: Middleware[], options: RetryOptions): (next: Fetch) => Fetch {
  if (form === 'ky hooks')
    return (next) => asFetch(ky.create({ hooks: kyRetry(options), fetch: compose(...layers)(next) as typeof fetch }));
  if (form === 'ky use') return (next) => asFetch(ky.create(use(...layers, () => next)));
  return compose(...layers);
}

/** A ky instance called as `fetch` is. ky makes an `HTTPError` of a status, unless it is told not to. */
function asFetch(instance: typeof ky): Fetch {
  return (input, init) =>
    instance(input as string, {
      throwHttpErrors: false,
      timeout: false,
      ...(init as object),
    }) as unknown as Promise<Response>;
}
