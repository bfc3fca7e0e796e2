import { networkError, seededRandom } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import {
  bodyFactory,
  type Call,
  compose,
  defineMiddleware,
  type Fetch,
  idempotencyKey,
  type Middleware,
} from 'steadfetch';
import { describe, expect, it } from 'vitest';
import { drive, SteppedTime } from './support/drive.ts';
import { OrderServer, type Step, steps } from './support/order-server.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { build, type Spec, specs, type Timing } from './support/stacks.ts';

quiet();

const URL_OF_ORDERS = 'https://shop.test/orders';

/** What stands between the stack and the server: code of others. */
type Lower =
  | 'adds a key'
  | 'adds headers'
  | 'makes a Request'
  | 'is a proxy'
  | 'calls before'
  | 'calls after'
  | 'retries';

interface Case {
  readonly spec: Spec;
  readonly steps: readonly Step[];
  readonly lower: readonly Lower[];
  readonly inner: string;
  readonly redirect: RequestRedirect | undefined;
  readonly method: string;
  readonly form: 'string' | 'URL' | 'Request' | 'both';
  readonly key: string | undefined;
  readonly body: 'none' | 'text' | 'form' | 'factory';
}

/** Makes the fetch that is searched. */
type Subject = (spec: Spec, next: Fetch, timing: Timing) => Fetch;

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({ idempotent: fc.constant(false) }),
  steps: fc.array(steps, { minLength: 1, maxLength: 5 }),
  lower: fc.uniqueArray(
    fc.constantFrom<Lower>(
      'adds a key',
      'adds headers',
      'makes a Request',
      'is a proxy',
      'calls before',
      'calls after',
      'retries',
    ),
    { maxLength: 2 },
  ),
  inner: fc.constantFrom('ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET'),
  redirect: fc.constantFrom<RequestRedirect | undefined>(undefined, undefined, 'follow', 'manual', 'error'),
  method: fc.constantFrom('POST', 'post', 'PATCH'),
  form: fc.constantFrom('string', 'URL', 'Request', 'both'),
  key: fc.constantFrom(undefined, undefined, undefined, ' ', 'order-1'),
  body: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('none', 'text', 'factory') }, fc.constant('form')),
});

let keys = 0;

/** Code of others around a fetch. Of the calls that it makes of its own, each second one fails. */
function wrap(lower: Lower, next: Fetch, { inner, spec }: Case, timing: Timing): Fetch {
  let calls = 0;
  const own = () => {
    if (calls++ % 2 === 0) throw networkError(inner, 'http://127.0.0.1:1/token');
  };
  switch (lower) {
    case 'adds a key':
      return (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Partial<Request>).headers);
        if (!headers.get('idempotency-key')?.trim()) headers.set('idempotency-key', `fresh-${++keys}`);
        return next(input, { ...init, headers });
      };
    case 'adds headers':
      return (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Partial<Request>).headers);
        headers.set('x-a', '1');
        return next(input, Object.assign(init ?? {}, { headers }));
      };
    case 'makes a Request':
      return (input, init) => next(new Request(input, init));
    case 'is a proxy':
      return new Proxy(next, {});
    case 'calls before':
      return async (input, init) => {
        own();
        return next(input, init);
      };
    case 'calls after':
      return async (input, init) => {
        const response = await next(input, init);
        own();
        return response;
      };
    default:
      return build({ ...spec, form: 'compose', key: false }, timing).wrap(next);
  }
}

function argumentsOf({ form, method, key, body, redirect, spec }: Case): [RequestInfo | URL, RequestInit?] {
  const form1 = new FormData();
  form1.append('a', 'b');
  // no Request can hold a factory, and ky makes one of each call
  const isHeld = form === 'Request' || form === 'both' || spec.form.startsWith('ky');
  const factory = isHeld ? '{}' : bodyFactory(() => '{}');
  const content = { none: undefined, text: '{}', form: form1, factory }[body];
  const init: RequestInit = {
    method,
    ...(content !== undefined && { body: content }),
    ...(key !== undefined && { headers: { 'Idempotency-Key': key } }),
    ...(redirect && { redirect }),
  };
  if (form === 'string') return [URL_OF_ORDERS, init];
  if (form === 'URL') return [new URL(URL_OF_ORDERS), init];
  return form === 'Request'
    ? [new Request(URL_OF_ORDERS, init)]
    : [new Request(URL_OF_ORDERS, init), { redirect: redirect ?? 'follow' }];
}

const doubledOrders: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    // to read a form takes some turns, in which no time must pass
    const time = new SteppedTime(given.body === 'form' ? 10 : undefined);
    const timing = { clock: time, random: seededRandom(1) };
    const server = new OrderServer(given.steps);
    const below = given.lower.reduce((next, lower) => wrap(lower, next, given, timing), server.fetch);
    const steady = subject(given.spec, below, timing);
    for (const call of [0, 1]) {
      const before = server.orders;
      await drive(time, steady(...argumentsOf(given)));
      const placed = server.orders - before;
      claim(placed <= 1, `one call placed ${placed} orders, by ${server.sends} requests (call ${call})`);
    }
  },
};

const ours: Subject = (spec, next, timing) => build(spec, timing).wrap(next);

/** Repeats at once, at most twice, what the rule says. */
function repeats(again: (call: Call, outcome: { response?: Response; error?: unknown }) => boolean): Middleware {
  return defineMiddleware(async (call, next) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await next(call);
        if (attempt > 2 || !again(call, { response })) return response;
      } catch (error) {
        if (attempt > 2 || !again(call, { error })) throw error;
      }
    }
  });
}

const keyed = (call: Call) => call.headers.get('idempotency-key') !== null;
const codeOf = (error: unknown) => (error as { cause?: { code?: string } } | undefined)?.cause?.code;

const wrong: Record<string, Middleware> = {
  'repeats every method': repeats((_, { response, error }) => error !== undefined || response!.status >= 500),
  'takes ECONNREFUSED for a proof': repeats((_, { error }) => codeOf(error) === 'ECONNREFUSED'),
  'takes ENOTFOUND for a proof': repeats((_, { error }) => codeOf(error) === 'ENOTFOUND'),
  'repeats any 429': repeats((_, { response }) => response?.status === 429),
  'takes 408 for a proof': repeats((_, { response }) => response?.status === 408),
  'takes a blank key for one': repeats((call, { response }) => keyed(call) && response?.status === 503),
  'makes a key for each attempt': compose(
    repeats((_, { response }) => response?.status === 503),
    idempotencyKey(),
  ),
};

describe('one call', () => {
  it(
    'places one order at most, whatever lies between it and the server',
    () => expectNone(doubledOrders, ours, 500),
    PATIENCE,
  );

  it.each(Object.keys(wrong))('is found to place two behind a layer that %s', async (name) => {
    const found = await expectFound(doubledOrders, (_, next) => wrong[name]!(next), 1_500);
    expect(found).toMatch(/placed [2-9] orders/);
  });
});
