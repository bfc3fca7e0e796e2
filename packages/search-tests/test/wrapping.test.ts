import { runInNewContext } from 'node:vm';
import { settle } from '@steadfetch/core';
import { retry as kyRetry } from '@steadfetch/ky';
import { fakeFetch, seededRandom } from '@steadfetch/testing';
import fc from 'fast-check';
import ky from 'ky';
import * as first from 'steadfetch';
import { type Fetch, historyOf, type Middleware, type SteadfetchEvent } from 'steadfetch';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { drive, nameOf, SteppedTime } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { build, type Spec, specs, type Timing } from './support/stacks.ts';
import { svelteResponse } from './support/svelte-response.ts';

quiet();

const API = 'https://api.test/things';

type Wrapper =
  | 'none'
  | 'proxy'
  | 'bound'
  | 'copied members'
  | 'closure'
  | 'mock'
  | 'method'
  | 'frozen'
  | 'inherited'
  | 'second copy';
type Realm =
  | 'own'
  | 'other init'
  | 'other headers'
  | 'other bytes'
  | 'other buffer'
  | 'subclasses'
  | 'null prototype'
  | 'proxied init'
  | 'proxied Request';
type Ends =
  | 'own'
  | 'other promise'
  | 'other error'
  | 'subclass of Response'
  | 'proxied Response'
  | 'Response of SvelteKit'
  | 'thenable';

interface Case {
  readonly spec: Spec;
  /** Between the caller and the stack, between the stack and another one, and around the fetch inside. */
  readonly outside: Wrapper;
  readonly between: Wrapper;
  readonly inside: Wrapper;
  readonly realm: Realm;
  readonly ends: Ends;
  readonly script: readonly (number | string)[];
  readonly off: boolean;
  /** Whether the caller puts methods of its own in place of those of the response, as ky does. */
  readonly replaces: boolean;
}

const wrappers = fc.constantFrom<Wrapper>(
  'none',
  'proxy',
  'bound',
  'copied members',
  'closure',
  'mock',
  'method',
  'frozen',
  'inherited',
  'second copy',
);

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({
    order: fc.constant(undefined),
    form: fc.constantFrom('compose', 'twice', 'rules'),
    retries: fc.integer({ min: 0, max: 2 }),
  }),
  outside: wrappers,
  between: wrappers,
  inside: wrappers,
  realm: fc.constantFrom(
    'own',
    'other init',
    'other headers',
    'other bytes',
    'other buffer',
    'subclasses',
    'null prototype',
    'proxied init',
    'proxied Request',
  ),
  ends: fc.constantFrom(
    'own',
    'other promise',
    'other error',
    'subclass of Response',
    'proxied Response',
    'Response of SvelteKit',
    'thenable',
  ),
  script: fc.array(fc.constantFrom<number | string>(503, 500, 'ECONNRESET', 429), { maxLength: 4 }),
  off: fc.boolean(),
  replaces: fc.boolean(),
});

/** A second copy of the packages, as two versions in one `node_modules` are. From then on an import gives this one. */
let second: typeof import('steadfetch');

/** What wraps a fetch, and counts how often it is called. */
class Wrap {
  calls = 0;

  around(fetch: Fetch, how: Wrapper): Fetch {
    const counted: Fetch = (...call) => {
      this.calls++;
      return fetch(...call);
    };
    switch (how) {
      case 'proxy':
        return new Proxy(fetch, {
          apply: (target, _, call) => {
            this.calls++;
            return Reflect.apply(target, undefined, call);
          },
        });
      case 'bound':
        return counted.bind(null);
      case 'copied members':
        return Object.assign(counted, fetch);
      case 'mock':
        return Object.defineProperties(counted, Object.getOwnPropertyDescriptors(fetch));
      case 'method':
        return function (this: unknown, ...call) {
          return counted(...call);
        };
      case 'frozen':
        return Object.freeze(counted);
      case 'inherited':
        return Object.setPrototypeOf(counted, fetch) as Fetch;
      case 'second copy':
        return second.defineMiddleware((call, next) => {
          this.calls++;
          return next(call);
        })(fetch);
      default:
        return counted;
    }
  }
}

const other = runInNewContext(`({
  init: (members) => Object.assign({}, members),
  headers: (pairs) => pairs.map(([name, value]) => [name, value]),
  bytes: (list) => Uint8Array.from(list),
  promise: (run) => new Promise(run),
  error: (message, code) => Object.assign(new TypeError(message), { cause: Object.assign(new Error(code), { code }) }),
})`) as {
  init(members: object): RequestInit;
  headers(pairs: [string, string][]): HeadersInit;
  bytes(list: Iterable<number>): Uint8Array<ArrayBuffer>;
  promise<T>(run: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T>;
  error(message: string, code: string): unknown;
};

class OwnRequest extends Request {}
class OwnHeaders extends Headers {}
class OwnURL extends URL {}
class OwnResponse extends Response {}

function argumentsOf(realm: Realm): [RequestInfo | URL, RequestInit] {
  const text = 'order';
  const bytes = new TextEncoder().encode(text);
  const headers = { 'x-a': '1' };
  const init: RequestInit = { method: 'PUT', headers, body: text };
  switch (realm) {
    case 'other init':
      return [API, other.init(init)];
    case 'other headers':
      return [API, { ...init, headers: other.headers([['x-a', '1']]) }];
    case 'other bytes':
      return [API, { ...init, body: other.bytes(bytes) }];
    case 'other buffer':
      return [API, { ...init, body: other.bytes(bytes).buffer }];
    case 'subclasses':
      return [new OwnRequest(new OwnURL(API), { ...init, headers: new OwnHeaders(headers) }), {}];
    case 'null prototype':
      return [API, Object.assign(Object.create(null), init, { headers: Object.assign(Object.create(null), headers) })];
    case 'proxied init':
      return [API, new Proxy(init, {})];
    default:
      return [API, init];
  }
}

function ending(fetch: Fetch, how: Ends): Fetch {
  return (input, init) => {
    const answer = fetch(input, init);
    switch (how) {
      case 'other promise':
        return other.promise((resolve, reject) => void answer.then(resolve, reject));
      case 'other error':
        return answer.catch((error) => Promise.reject(other.error('fetch failed', error.cause.code)));
      case 'subclass of Response':
        return answer.then(({ status, headers, body }) => new OwnResponse(body, { status, headers }));
      case 'proxied Response':
        return answer.then(
          (response) =>
            new Proxy(response, { get: (target, name) => bound(target, Reflect.get(target, name, target)) }),
        );
      case 'Response of SvelteKit':
        return answer.then(svelteResponse);
      case 'thenable':
        return {
          // biome-ignore lint/suspicious/noThenProperty: some mocks return such
          then: (...args: Parameters<typeof answer.then>) => answer.then(...args),
        } as unknown as Promise<Response>;
      default:
        return answer;
    }
  };
}

function bound(target: object, value: unknown): unknown {
  return typeof value === 'function' ? value.bind(target) : value;
}

type Subject = (spec: Spec, timing: Timing) => Middleware;

interface Ran {
  readonly lines: readonly string[];
  readonly ended: string;
  readonly history: number;
  readonly calls: readonly number[];
}

async function run(given: Case, subject: Subject): Promise<Ran> {
  const time = new SteppedTime(3);
  const timing = { clock: time, random: seededRandom(1) };
  const fake = fakeFetch(
    [...given.script.map((step) => (typeof step === 'string' ? { error: step } : step)), { body: 'whole' }],
    {
      clock: time,
    },
  );
  const [outside, between, inside] = [new Wrap(), new Wrap(), new Wrap()];
  const lower = inside.around(ending(fake, given.ends), given.inside);
  const steady = subject(given.spec, timing)(between.around(lower, given.between));
  const fetch = outside.around(steady, given.outside);
  const [input, init] = argumentsOf(given.realm);
  const call = given.off ? { ...init, retry: false as const } : init;
  const outcome = await drive(
    time,
    Promise.resolve().then(() => fetch(input, call)),
  );
  const code = (outcome.error as { cause?: { code?: string } } | undefined)?.cause?.code;
  return {
    lines: fake.requests.map(({ method, url, headers, body }) => `${method} ${url} ${headers.get('x-a')} ${body}`),
    ended: outcome.failed
      ? `error ${code ?? nameOf(outcome)}`
      : `status ${outcome.response.status} ${await textOf(outcome.response, given.replaces)}`,
    history: historyOf(outcome.response ?? outcome.error)?.length ?? 0,
    calls: [outside.calls, between.calls, inside.calls],
  };
}

async function textOf(response: Response, replaces: boolean): Promise<string> {
  if (replaces) Object.assign(response, { text: response.text.bind(response), clone: response.clone.bind(response) });
  const outcome = await settle(response.text() as unknown as Promise<Response>);
  return outcome.failed ? 'unreadable' : String(outcome.response);
}

const differences: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    const plain = await run(
      { ...given, outside: 'none', between: 'none', inside: 'none', realm: 'own', ends: 'own', replaces: false },
      subject,
    );
    const wrapped = await run(given, subject);
    claim(
      wrapped.lines.join('\n') === plain.lines.join('\n'),
      `sent\n${wrapped.lines.join('\n')}\nin place of\n${plain.lines.join('\n')}`,
    );
    claim(wrapped.ended === plain.ended, `ended with ${wrapped.ended} in place of ${plain.ended}`);
    claim(wrapped.history === plain.history, `a history of ${wrapped.history} in place of ${plain.history}`);
    claim(
      wrapped.calls.join() === `1,${plain.lines.length},${plain.lines.length}`,
      `the wrappers are called ${wrapped.calls.join()} times for ${plain.lines.length} requests`,
    );
  },
};

/** Two stacks, one inside the other, from two copies of the packages: one count for both. */
const counts: Search<
  { script: readonly number[]; retries: number; below: number; wrapper: Wrapper; off: boolean; swapped: boolean },
  (outer: Middleware, inner: Middleware) => Middleware
> = {
  cases: fc.record({
    script: fc.array(fc.constantFrom(503, 500, 429), { minLength: 1, maxLength: 12 }),
    retries: fc.integer({ min: 0, max: 3 }),
    below: fc.integer({ min: 0, max: 3 }),
    wrapper: wrappers,
    off: fc.boolean(),
    swapped: fc.boolean(),
  }),
  check: async ({ script, retries, below, wrapper, off, swapped }, subject) => {
    const time = new SteppedTime(3);
    const timing = { clock: time, random: seededRandom(1), budget: false as const };
    const fake = fakeFetch([...script, 200], { clock: time });
    const [upper, lower] = swapped ? [second, first] : [first, second];
    const inner = new Wrap().around(lower.retry({ ...timing, maxRetries: below })(fake), wrapper);
    const steady = subject(upper.retry({ ...timing, maxRetries: retries }), (next) => next)(inner);
    await drive(time, steady(API, off ? { retry: false } : {}));
    const most = off ? 1 : retries + 1;
    claim(fake.requests.length <= most, `${fake.requests.length} requests where ${most} are allowed`);
  },
};

/** The copies of the packages above and below, and what observers of each hear. */
function twoCopies(swapped: boolean) {
  const [upper, lower] = swapped ? [second, first] : [first, second];
  const heard: [string[], string[]] = [[], []];
  const hear = (ear: 0 | 1) => (event: SteadfetchEvent) => {
    heard[ear].push(`${event.callId} ${event.type} ${event.attempt}`);
  };
  return { upper, lower, heard, hear };
}

/** Two observers, one inside the other, from two copies of the packages: both hear the same, of calls that have numbers of their own. */
const told: Search<
  { script: readonly number[]; retries: number; wrapper: Wrapper; swapped: boolean },
  (inner: Fetch) => Fetch
> = {
  cases: fc.record({
    script: fc.array(fc.constantFrom(503, 500, 429), { maxLength: 6 }),
    retries: fc.integer({ min: 0, max: 3 }),
    wrapper: wrappers,
    swapped: fc.boolean(),
  }),
  check: async ({ script, retries, wrapper, swapped }, subject) => {
    const time = new SteppedTime(3);
    const clock = { clock: time };
    const { upper, lower, heard, hear } = twoCopies(swapped);
    const again = lower.retry({ ...clock, random: seededRandom(1), budget: false, maxRetries: retries });
    const inner = lower.compose(lower.observe(hear(1), clock), again)(fakeFetch([...script, 200], clock));
    const steady = upper.observe(hear(0), clock)(subject(new Wrap().around(inner, wrapper)));
    for (const call of [steady, steady]) await drive(time, call(API));
    claim(heard[0].join() === heard[1].join(), `the outer one hears ${heard[0]}, and the inner one ${heard[1]}`);

    heard[0].length = heard[1].length = 0;
    await Promise.all([upper.observe(hear(0))(fakeFetch(200))(API), lower.observe(hear(1))(fakeFetch(200))(API)]);
    claim(heard[0][0] !== heard[1][0], `two calls have one number: ${heard[0][0]}`);
  },
};

const ours: Subject = (spec, timing) => build(spec, timing).wrap;

/** Marks what it made by a property, and looks through whatever has it. */
const bypassing: Subject = () => (next) => {
  const inner = (next as { inner?: Fetch }).inner ?? next;
  return Object.assign((...call: Parameters<Fetch>) => inner(...call), { inner });
};

const instanceChecks: Record<string, Middleware> = {
  'knows its own Uint8Array alone': (next) => (input, init) =>
    next(
      input,
      init?.body instanceof Uint8Array || typeof init?.body === 'string' || !init?.body
        ? init
        : { ...init, body: String(init.body) },
    ),
  'knows its own objects alone': (next) => (input, init) =>
    next(input, init && Object.getPrototypeOf(init) === Object.prototype ? init : {}),
  'knows its own errors alone':
    (next) =>
    async (...call) => {
      try {
        return await next(...call);
      } catch (error) {
        throw error instanceof Error ? error : new TypeError('unknown', { cause: error });
      }
    },
  'knows its own Request alone': (next) => (input, init) =>
    next(input instanceof Request && Object.getPrototypeOf(input) !== Request.prototype ? String(input) : input, init),
};

describe('a wrapper, another realm, a second copy', () => {
  beforeAll(async () => {
    vi.resetModules();
    second = await import('steadfetch');
  });

  it('make no difference', () => expectNone(differences, ours, 400), PATIENCE);
  it('count repetitions once', () => expectNone(counts, (outer) => outer, 200), PATIENCE);

  it('tell both observers the same', () => expectNone(told, (inner) => inner, 100), PATIENCE);

  it.each([false, true])('tell both observers of the loop of ky each event once, swapped: %s', async (swapped) => {
    const time = new SteppedTime(3);
    const clock = { clock: time };
    const { upper, lower, heard, hear } = twoCopies(swapped);
    const steady = upper.compose(
      upper.observe(hear(0), clock),
      lower.observe(hear(1), clock),
    )(fakeFetch([503, 200], clock));
    const hooks = kyRetry({ ...clock, random: seededRandom(1), budget: false });
    await drive(time, ky.create({ fetch: steady, hooks, timeout: false })(API));
    expect(heard[1]).toEqual(heard[0]);
  });

  it('are found to tell less behind a layer that drops the init', async () => {
    await expectFound(told, (inner) => (input) => inner(input), 50);
  });

  it.each(Object.keys(instanceChecks))('are found to make one behind a layer that %s', async (name) => {
    await expectFound(differences, () => instanceChecks[name]!, 700);
  });

  it('are found to be bypassed by one that looks through them', async () => {
    const twice: Subject = (spec, timing) => (next) => bypassing(spec, timing)(bypassing(spec, timing)(next));
    await expectFound(
      differences,
      (spec, timing) => (next) => twice(spec, timing)(Object.assign(next, { inner: fakeFetch(200) })),
      700,
    );
  });

  it('are found to count twice where each repeats for itself', async () => {
    const repeat =
      (next: Fetch): Fetch =>
      async (...call) => {
        const response = await next(...call);
        return response.status < 500 ? response : next(...call);
      };
    await expectFound(counts, (outer) => (next) => repeat(outer(next)), 300);
  });
});
