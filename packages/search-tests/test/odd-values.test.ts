import { settle } from '@steadfetch/core';
import { seededRandom } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import {
  compose,
  defineMiddleware,
  type Fetch,
  logRetries,
  type Middleware,
  type Outcome,
  observe,
  type RetryHooks,
} from 'steadfetch';
import { describe, it } from 'vitest';
import { drive, macrotasks, nameOf, SteppedTime } from './support/drive.ts';
import { handlingAll } from './support/handling-all.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { build, type Extra, type Spec, specs, type Timing } from './support/stacks.ts';

quiet();

const API = 'https://api.test/things';

const thrower: ProxyHandler<object> = {
  get: () => {
    throw new Error('not yours');
  },
  has: () => {
    throw new Error('not yours');
  },
  getPrototypeOf: () => {
    throw new Error('not yours');
  },
};

/** What a fetch may reject with, each made anew. */
const ERRORS: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  zero: () => 0,
  text: () => 'ECONNRESET',
  symbol: () => Symbol('failed'),
  function: () => () => {},
  frozen: () => Object.freeze(new TypeError('fetch failed')),
  'frozen with a code': () =>
    Object.freeze(new TypeError('fetch failed', { cause: Object.freeze({ code: 'ECONNRESET' }) })),
  proxy: () => new Proxy({}, thrower),
  'proxy of an error': () => new Proxy(new Error('x'), thrower),
  getters: () =>
    Object.defineProperty({}, 'message', {
      get: () => {
        throw new Error('not yours');
      },
    }),
  'cause in a circle': () => {
    const error: Error = new TypeError('fetch failed');
    error.cause = error;
    return error;
  },
  'without prototype': () => Object.assign(Object.create(null), { code: 'ECONNRESET' }),
  'odd members': () => Object.assign(new Error('x'), { name: 5, code: {}, cause: 'text', errors: 7, local: 'yes' }),
  'a refusal that is none': () => ({
    local: true,
    reason: {
      toString: () => {
        throw new Error('no');
      },
    },
    retryAfter: Number.NaN,
  }),
  network: () =>
    new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) }),
  'an AbortError of its own': () => new DOMException('aborted', 'AbortError'),
  'an AbortError with a getter': () =>
    Object.defineProperty({ name: 'AbortError' }, 'message', {
      get: () => {
        throw new Error('not yours');
      },
    }),
  'a TimeoutError of its own': () => new DOMException('late', 'TimeoutError'),
};

/** What a fetch may answer with, each made anew. */
const RESPONSES: Record<string, () => unknown> = {
  ok: () => new Response('ok'),
  'no content': () => new Response(null, { status: 204 }),
  '503': () => new Response('down', { status: 503 }),
  '429': () => new Response('busy', { status: 429, headers: { 'retry-after': '1' } }),
  error: () => Response.error(),
  frozen: () => Object.freeze(new Response('ok')),
  'frozen 503': () => Object.freeze(new Response('down', { status: 503 })),
  used: () => {
    const response = new Response('ok');
    void response.text();
    return response;
  },
  locked: () => {
    const response = new Response('ok');
    response.body!.getReader();
    return response;
  },
  'locked 503': () => {
    const response = new Response('down', { status: 503 });
    response.body!.getReader();
    return response;
  },
  duck: () => ({ status: 200, ok: true, headers: new Headers(), json: async () => ({}) }),
  'duck 503': () => ({ status: 503, ok: false, headers: { get: () => null } }),
  'duck without headers': () => ({ status: 503 }),
  'odd status': () => ({ status: 'teapot', headers: new Headers() }),
  'status 999': () => Object.defineProperty(new Response('x'), 'status', { value: 999 }),
  proxy: () =>
    new Proxy(new Response('ok'), {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  'broken body': () =>
    new Response(new ReadableStream({ pull: (stream) => stream.error(new TypeError('terminated')) })),
  'text chunks': () =>
    new Response(
      new ReadableStream({
        pull: (stream) => {
          stream.enqueue('text' as never);
          stream.close();
        },
      }),
    ),
  text: () => 'ok',
  object: () => ({}),
  undefined: () => undefined,
  null: () => null,
  zero: () => 0,
};

type Odd = { readonly kind: 'error' | 'thrown' | 'response'; readonly name: string };
type Conduct = 'none' | 'throws' | 'rejects' | 'hangs' | 'changes' | 'answers' | 'thenable';

interface Case {
  readonly spec: Spec;
  readonly script: readonly Odd[];
  readonly conduct: Conduct;
  readonly post: boolean;
}

const odd: fc.Arbitrary<Odd> = fc.oneof(
  fc.record({ kind: fc.constantFrom('error', 'thrown'), name: fc.constantFrom(...Object.keys(ERRORS)) }),
  fc.record({ kind: fc.constant('response'), name: fc.constantFrom(...Object.keys(RESPONSES)) }),
) as fc.Arbitrary<Odd>;

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({ form: fc.constantFrom('compose', 'twice', 'rules') }),
  script: fc.array(odd, { minLength: 1, maxLength: 4 }),
  conduct: fc.constantFrom('none', 'throws', 'rejects', 'hangs', 'changes', 'answers', 'thenable'),
  post: fc.boolean(),
});

const NONSENSE: Record<Conduct, (event: Record<string, unknown>) => unknown> = {
  none: () => undefined,
  throws: () => {
    throw new Error('of the observer');
  },
  rejects: () => Promise.reject(new Error('of the observer')),
  hangs: () => new Promise(() => {}),
  changes: (event) => {
    const { outcome } = event;
    for (const name of Object.keys(event)) event[name] = 'changed';
    if (outcome) Object.assign(outcome, { response: new Response('changed'), error: 'changed', failed: false });
  },
  answers: () => false,
  thenable: () => ({
    // biome-ignore lint/suspicious/noThenProperty: this is the point
    get then() {
      throw new Error('of the observer');
    },
  }),
};

interface Event {
  readonly callId: number;
  readonly attempt: number;
}

/** Counts what begins and what ends. */
class Ledger {
  readonly retries = new Map<number, number>();
  readonly ends = new Map<number, number>();

  hooks(conduct: Conduct): RetryHooks {
    const observe = (counts: Map<number, number>) => (event: Event) => {
      counts.set(event.callId, (counts.get(event.callId) ?? 0) + 1);
      return NONSENSE[conduct](event as never) as never;
    };
    return { onRetry: observe(this.retries), onGiveUp: observe(this.ends), onRecover: observe(this.ends) };
  }
}

type Subject = (spec: Spec, timing: Timing, conduct: Conduct, ledger: Ledger) => (next: Fetch) => Fetch;

/** A fetch that answers what is odd, and remembers it. */
class OddFetch {
  readonly given: Outcome[] = [];
  readonly #script: readonly Odd[];

  constructor(script: readonly Odd[]) {
    this.#script = script;
  }

  readonly fetch: Fetch = () => {
    const { kind, name } = this.#script[this.given.length] ?? { kind: 'response', name: 'ok' };
    const value = kind === 'response' ? RESPONSES[name]!() : ERRORS[name]!();
    this.given.push(
      kind === 'response' ? { response: value as Response, failed: false } : { error: value, failed: true },
    );
    if (kind === 'thrown') throw value;
    return kind === 'error' ? Promise.reject(value) : (Promise.resolve(value) as Promise<Response>);
  };
}

const changes: Search<Case, Subject> = {
  cases,
  check: handlingAll(async ({ spec, script, conduct, post }, subject) => {
    const time = new SteppedTime(2);
    const ledger = new Ledger();
    const { fetch, given } = new OddFetch(script);
    const init = post ? { method: 'POST', body: 'x' } : {};
    const steady = subject(spec, { clock: time, random: seededRandom(1) }, conduct, ledger)(fetch);
    const outcome = await drive(
      time,
      Promise.resolve().then(() => steady(API, init)),
    );
    await macrotasks(3);
    const last = given.at(-1);
    claim(last !== undefined, 'nothing was sent');
    claim(isSame(outcome, last!, spec), `ended with ${nameOf2(outcome)} in place of ${nameOf2(last!)}`);
    // a retry inside of what sends again tells the end of each of its rounds
    const isOutside = (spec.rateLimit || spec.offline) && spec.order !== undefined;
    for (const [id, count] of ledger.ends) claim(count === 1 || isOutside, `call ${id} ends ${count} times`);
    for (const id of ledger.retries.keys()) claim(ledger.ends.has(id), `call ${id} is retried and never ends`);
  }),
};

function nameOf2(outcome: Outcome): string {
  try {
    return nameOf(outcome);
  } catch {
    return outcome.failed ? 'an odd error' : 'an odd response';
  }
}

/** A body that is read or watched is handed on in another response; of one that breaks, its error may be the outcome. */
function isSame(outcome: Outcome, last: Outcome, { bufferBody, attemptTimeout, bodyTimeout }: Spec): boolean {
  if (outcome.failed && last.failed) return Object.is(outcome.error, last.error);
  if (!outcome.failed && !last.failed) {
    if (Object.is(outcome.response, last.response)) return true;
    const copies = bufferBody || (attemptTimeout && bodyTimeout);
    return copies && outcome.response?.status === last.response?.status;
  }
  return bufferBody && outcome.failed;
}

const ours: Subject = (spec, timing, conduct, ledger) => {
  const nonsense = NONSENSE[conduct] as (event: object) => unknown;
  const write = () => nonsense({});
  const extra: Extra = {
    retry: { hooks: ledger.hooks(conduct) },
    rateLimit: { hooks: { onLimit: nonsense, onRelease: nonsense, onGiveUp: nonsense } },
    circuitBreaker: { hooks: { onOpen: nonsense, onClose: nonsense, onHalfOpen: nonsense } as never },
    concurrency: { onQueue: nonsense as never },
  };
  const log = observe(logRetries({ warn: write, error: write, info: write }, { slowAfter: 0 }));
  return compose(log, observe(nonsense), build(spec, timing, extra).wrap);
};

function wrongly(layer: Middleware): Subject {
  return () => layer;
}

const wrong: Record<string, Subject> = {
  'wraps errors': wrongly(
    (next) =>
      (...call) =>
        next(...call).catch((cause) => Promise.reject(new Error('failed', { cause }))),
  ),
  'reads the message of an error': wrongly(
    (next) =>
      (...call) =>
        next(...call).catch((error) => Promise.reject(error.message ? error : error)),
  ),
  'reads the headers of an answer': wrongly((next) => async (...call) => {
    const response = await next(...call);
    response.headers.get('retry-after');
    return response;
  }),
  'clones an answer': wrongly((next) => async (...call) => {
    const response = await next(...call);
    response.clone?.();
    return response;
  }),
  'marks an error': wrongly((next) => async (...call) => {
    try {
      return await next(...call);
    } catch (error) {
      (error as { attempts: number }).attempts = 1;
      throw error;
    }
  }),
  'awaits its observers': (_, __, conduct, ledger) =>
    defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      const { hooks } = { hooks: ledger.hooks(conduct) };
      if (outcome.failed) await hooks.onGiveUp?.({ callId: 1, attempt: 1 } as never);
      if (outcome.failed) throw outcome.error;
      return outcome.response;
    }),
  'lets go what its observers reject': (_, __, conduct, ledger) =>
    defineMiddleware(async (call, next) => {
      try {
        void ledger.hooks(conduct).onRecover?.({ callId: 1, attempt: 1 } as never);
      } catch {}
      return next(call);
    }),
  'tells of a retry and of no end': (_, __, ___, ledger) =>
    defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      if (outcome.response) return outcome.response;
      ledger.hooks('none').onRetry?.({ callId: 1, attempt: 1 } as never);
      return next(call);
    }),
  'hands observers its own outcome': (_, __, conduct, ledger) =>
    defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      try {
        void Promise.resolve(ledger.hooks(conduct).onGiveUp?.({ callId: 1, attempt: 1, outcome } as never)).catch(
          () => {},
        );
      } catch {}
      if (outcome.failed) throw outcome.error;
      return outcome.response;
    }),
};

describe('an outcome', () => {
  it('is that of the fetch inside, whatever it is and whoever watches', () => expectNone(changes, ours, 600), PATIENCE);

  it.each(Object.keys(wrong))('is found to change behind a layer that %s', async (name) => {
    await expectFound(changes, wrong[name]!, 1_200);
  });
});
