import { defineMiddleware } from '@steadfetch/core';
import { seededRandom } from '@steadfetch/testing';
import fc from 'fast-check';
import { type Fetch, idempotencyKey, type Middleware } from 'steadfetch';
import { describe, it, vi } from 'vitest';
import { drive, macrotasks, SteppedTime } from './support/drive.ts';
import { ADDED, fetchInside, type Inside, insides, isPartial } from './support/fetch-inside.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { build, type Spec, specs, type Timing } from './support/stacks.ts';

quiet();

const API = 'https://api.test/things?a=1';

type HeadersForm = 'none' | 'object' | 'array' | 'Headers' | 'object with odd values' | 'inherited';
type BodyForm =
  | 'none'
  | 'text'
  | 'bytes'
  | 'view'
  | 'buffer'
  | 'params'
  | 'params without a tag'
  | 'form'
  | 'form with file'
  | 'blob'
  | 'text object'
  | 'array';
type Target = 'string' | 'URL' | 'text object' | 'Request' | 'Request and init' | 'class';

/** What the caller does to its arguments, and when. */
interface Case {
  readonly spec: Spec;
  readonly target: Target;
  readonly headers: HeadersForm;
  readonly body: BodyForm;
  readonly failures: readonly number[];
  readonly when: 'at once' | 'in the first attempt' | 'in a wait';
  /** Where a layer stands that sends the call to an address of its own, if there is one. */
  readonly moves: 'nowhere' | 'outside' | 'inside';
  readonly inside: Inside;
  /** Whether this seems to be a browser, where a stream may not be sent. */
  readonly browser: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({
    order: fc.constant(undefined),
    form: fc.constantFrom('compose', 'twice', 'rules'),
    retries: fc.integer({ min: 1, max: 3 }),
  }),
  target: fc.constantFrom('string', 'URL', 'text object', 'Request', 'Request and init', 'class'),
  headers: fc.constantFrom('none', 'object', 'array', 'Headers', 'object with odd values', 'inherited'),
  body: fc.constantFrom(
    'none',
    'text',
    'bytes',
    'view',
    'buffer',
    'params',
    'params without a tag',
    'form',
    'form with file',
    'blob',
    'text object',
    'array',
  ),
  failures: fc.array(fc.constantFrom(503, 429, 500), { minLength: 1, maxLength: 3 }),
  when: fc.constantFrom('at once', 'in the first attempt', 'in a wait'),
  moves: fc.constantFrom('nowhere', 'nowhere', 'outside', 'inside'),
  inside: insides,
  browser: fc.boolean(),
});

/** Arguments of a call, and what changes all of them. */
interface Arguments {
  readonly call: [RequestInfo | URL, RequestInit?];
  change(): void;
}

function argumentsOf({ target, headers: headersForm, body: bodyForm }: Case): Arguments {
  const changes: (() => void)[] = [];
  const headers = headersOf(headersForm, changes);
  const body = bodyOf(bodyForm, changes);
  const init: Record<string, unknown> = {
    method: 'PUT',
    ...(headers !== undefined && { headers }),
    ...(body !== undefined && { body }),
    redirect: 'manual',
    cache: 'no-store',
  };
  changes.push(() =>
    Object.assign(init, { method: 'DELETE', headers: { 'x-a': 'changed' }, body: 'changed', redirect: 'error' }),
  );
  return { call: callOf(target, init, changes), change: () => changes.forEach((change) => void change()) };
}

function callOf(target: Target, init: RequestInit, changes: (() => void)[]): [RequestInfo | URL, RequestInit?] {
  if (target === 'string') return [API, init];
  if (target === 'text object') {
    let text = API;
    changes.push(() => {
      text = 'https://api.test/changed';
    });
    return [{ toString: () => text } as unknown as URL, init];
  }
  if (target === 'class') {
    const shown: Record<string, unknown> = { ...init };
    changes.push(() => Object.assign(shown, { method: 'DELETE', body: 'changed', headers: {} }));
    class Init {
      get method() {
        return shown.method as string;
      }
      get headers() {
        return shown.headers as HeadersInit;
      }
      get body() {
        return shown.body as BodyInit;
      }
    }
    return [API, new Init() as RequestInit];
  }
  if (target === 'URL') {
    const url = new URL(API);
    changes.push(() => {
      url.pathname = '/changed';
      url.searchParams.set('a', 'changed');
    });
    return [url, init];
  }
  const request = new Request(API, target === 'Request' ? init : { method: 'PUT', headers: { 'x-b': 'given' } });
  changes.push(() => {
    request.headers.set('x-a', 'changed');
    request.headers.append('x-b', 'changed');
  });
  return target === 'Request' ? [request] : [request, init];
}

function headersOf(form: HeadersForm, changes: (() => void)[]): HeadersInit | undefined {
  if (form === 'none') return undefined;
  if (form === 'array') {
    const pairs: [string, string][] = [['x-a', 'asked']];
    changes.push(() => {
      pairs[0]![1] = 'changed';
      pairs.push(['x-b', 'changed']);
    });
    return pairs;
  }
  if (form === 'Headers') {
    const headers = new Headers({ 'x-a': 'asked' });
    changes.push(() => headers.set('x-a', 'changed'));
    return headers;
  }
  let shown = 'asked';
  const odd = form === 'object with odd values' ? { 'x-n': 5, 'x-t': { toString: () => shown } } : {};
  const headers: Record<string, unknown> = { 'x-a': 'asked', ...odd };
  changes.push(() => {
    shown = 'changed';
    headers['x-a'] = 'changed';
    headers['x-b'] = 'changed';
  });
  return headers as Record<string, string>;
}

function bodyOf(form: BodyForm, changes: (() => void)[]): BodyInit | undefined {
  const bytes = new TextEncoder().encode('0123456789');
  changes.push(() => bytes.fill(33));
  switch (form) {
    case 'none':
      return undefined;
    case 'bytes':
      return bytes;
    case 'view':
      return new DataView(bytes.buffer, 2, 5);
    case 'buffer':
      return bytes.buffer;
    case 'params':
    case 'params without a tag': {
      const params = new URLSearchParams({ a: 'asked' });
      if (form !== 'params') Object.defineProperty(params, Symbol.toStringTag, { value: undefined });
      changes.push(() => params.append('b', 'changed'));
      return params;
    }
    case 'form':
    case 'form with file': {
      const data = new FormData();
      data.append('a\n"', 'asked\nlines');
      if (form === 'form with file') data.append('file', new File(['content'], 'a"b.txt', { type: 'text/plain' }));
      changes.push(() => data.append('b', 'changed'));
      return data;
    }
    case 'blob':
      return new Blob(['content'], { type: 'text/x' });
    case 'text object': {
      let text = 'asked';
      changes.push(() => {
        text = 'changed';
      });
      return { toString: () => text } as unknown as BodyInit;
    }
    case 'array': {
      const list = [1, 2];
      changes.push(() => list.push(3));
      return list as unknown as BodyInit;
    }
    default:
      return 'text';
  }
}

type Subject = (spec: Spec, next: Fetch, timing: Timing) => Fetch;

interface Seen {
  readonly line: string;
  readonly bytes: string;
}

async function seen(request: Request): Promise<Seen> {
  const fields = [...request.headers].map((pair) => pair.join(': '));
  return { line: `${request.method} ${request.url} ${fields.join(', ')}`, bytes: await request.text() };
}

/** What a plain `fetch` is asked for, with what is added to it, as the `Request` of the platform reads it. */
async function asked(given: Case): Promise<Seen> {
  const request = new Request(...argumentsOf(given).call);
  if (given.spec.key) request.headers.set(...KEY);
  if (given.inside !== 'sends both') request.headers.append(...ADDED);
  return seen(request);
}

/** A server that knows requests by the `Request` of the platform. The last status repeats. */
class Server {
  readonly seen: Seen[] = [];
  readonly #statuses: readonly number[];

  constructor(...statuses: readonly number[]) {
    this.#statuses = statuses;
  }

  readonly fetch: Fetch = async (input, init) => {
    const place = this.seen.push(await seen(new Request(input, init)));
    return new Response('', { status: this.#statuses[place - 1] ?? this.#statuses.at(-1)! });
  };
}

/** A form has another boundary each time that it is sent. */
function withoutBoundary({ line, bytes }: Seen): string {
  const boundary = /boundary=(\S+?)(?:,|$)/.exec(line)?.[1];
  const whole = `${line}\n${bytes}`;
  return boundary === undefined ? whole : whole.replaceAll(boundary, 'BOUNDARY');
}

/** To the same address, which is that of the case. */
const moving = defineMiddleware((call, next) => next(call.with({ input: API })));

const changedRequests: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    if (given.browser) vi.stubGlobal('location', { href: 'https://api.test/page' });
    try {
      await sendsTheSame(given, subject);
    } finally {
      vi.unstubAllGlobals();
    }
  },
};

async function sendsTheSame(given: Case, subject: Subject): Promise<void> {
  // of a Request with another body no fetch that takes the one without the other sends what a plain call asks for;
  // nor does one that adds to headers which the init replaces
  const isReplaced = given.body !== 'none' || (given.headers !== 'none' && given.inside === 'adds to a Request');
  if (given.target === 'Request and init' && isReplaced && isPartial(given.inside)) return;
  const expected = withoutBoundary(await asked(given));
  // the platform reads files in its own time
  const time = new SteppedTime(/form|blob/.test(given.body) ? 150 : 6);
  const server = new Server(...given.failures, 200);
  const { call, change } = argumentsOf(given);
  const below = fetchInside(given.inside)((...args) => {
    const sent = server.fetch(...args);
    if (given.when === 'in the first attempt') void macrotasks(1).then(change);
    return sent;
  });
  const inner = given.moves === 'inside' ? moving(below) : below;
  const steady = subject(given.spec, inner, { clock: time, random: seededRandom(1) });
  const pending = (given.moves === 'outside' ? moving(steady) : steady)(...call);
  if (given.when === 'at once') change();
  if (given.when === 'in a wait') void macrotasks(4).then(change);
  await drive(time, pending);
  const [first] = server.seen;
  for (const [index, one] of server.seen.entries()) {
    const sent = withoutBoundary(one);
    claim(sent === expected, `attempt ${index + 1} sent\n${sent}\nin place of\n${expected}`);
    claim(one.line === first!.line && one.bytes === first!.bytes, `attempt ${index + 1} differs from the first`);
  }
  claim(first !== undefined, 'nothing was sent');
}

/** The field that a layer adds, below which the same key is in each attempt. */
const KEY = ['idempotency-key', '"k"'] as const;
const keyOptions = { methods: ['PUT'], generate: () => 'k' };

const ours: Subject = (spec, next, timing) => build(spec, timing, { idempotencyKey: keyOptions }).wrap(next);

/** Repeats failures at once, with the arguments that `prepare` makes before each attempt. */
function repeating(
  prepare: (input: RequestInfo | URL, init?: RequestInit) => () => [RequestInfo | URL, RequestInit?],
): Middleware {
  return (next) => async (input, init) => {
    const make = prepare(input, init);
    for (let attempt = 1; ; attempt++) {
      const response = await next(...make());
      if (attempt > 3 || response.status < 400) return response;
      await macrotasks(3);
    }
  };
}

const own = (input: RequestInfo | URL) => (input instanceof Request ? input.clone() : input);

const repeats: Record<string, Middleware> = {
  'hands on what it got': repeating((input, init) => () => (init ? [own(input), init] : [own(input)])),
  'copies the init alone': repeating((input, init) => {
    const copy = { ...init };
    return () => [own(input), copy];
  }),
  'copies init and headers, not the body': repeating((input, init) => {
    const copy = { ...init, headers: new Headers(init?.headers ?? (input as Partial<Request>).headers) };
    const target = input instanceof Request ? input : String(input);
    return () => [own(target), copy];
  }),
  'clones a Request when it is sent': repeating((input, init) => () => [new Request(own(input), init)]),
  'makes a Request once and clones it': repeating((input, init) => {
    const request = new Request(input, init);
    return () => [request.clone(), { method: 'POST' }];
  }),
};

/** Sends the headers that a layer makes of those of the call, in the init. */
const inInit =
  (make: (headers: Headers) => void): Middleware =>
  (next) =>
  (input, init) => {
    const headers = new Headers(init?.headers ?? (input as Partial<Request>).headers);
    make(headers);
    return next(input, { ...init, headers });
  };

const keyed = idempotencyKey(keyOptions);

const wrong: Record<string, Subject> = {
  ...Object.fromEntries(
    Object.entries(repeats).map(([name, layer]): [string, Subject] => [
      name,
      ({ key }, next) => (key ? keyed(layer(next)) : layer(next)),
    ]),
  ),
  'adds a field in the init alone': (spec, next, timing) =>
    ours({ ...spec, key: false }, spec.key ? inInit((headers) => headers.set(...KEY))(next) : next, timing),
  'hides in its init what a fetch inside adds': (spec, next, timing) => ours(spec, inInit(() => {})(next), timing),
};

describe('every attempt', () => {
  it('sends what was asked for, whatever the caller changes', () => expectNone(changedRequests, ours, 300), PATIENCE);

  it.each(Object.keys(wrong))(
    'is found to send something else behind a layer that %s',
    async (name) => {
      await expectFound(changedRequests, wrong[name]!, 500);
    },
    PATIENCE,
  );
});
