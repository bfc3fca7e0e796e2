import { inspect, isDeepStrictEqual } from 'node:util';
import { localRefusal, onAbort, settle, unwrap } from '@steadfetch/core';
import { networkError, seededRandom } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import {
  bodyFactory,
  Call,
  compose,
  defineMiddleware,
  type Fetch,
  type GateSnapshot,
  type Middleware,
  type Outcome,
} from 'steadfetch';
import { describe, it } from 'vitest';
import { drive, macrotasks, SteppedTime } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { type Built, build, type Spec, specs, type Timing } from './support/stacks.ts';

quiet();

const API = 'https://api.test/things';

const OTHER = 'https://other.test';

/** What happens to a call that says nothing about the server. */
const EVENTS = [
  'aborted before',
  'aborted in flight',
  'aborted while the others wait',
  'factory throws',
  'stream breaks',
  'fetch throws a bug',
  'refused by a layer below',
  'key cannot be made',
  'wrong options',
  'answered elsewhere',
  'answered elsewhere, as its URL alone tells',
  'another server fails',
  'answered after a redirect to http',
] as const;

type Event = (typeof EVENTS)[number];

interface Case {
  readonly spec: Spec;
  /** What the server answers before. */
  readonly past: readonly (number | string)[];
  readonly event: Event;
  readonly times: number;
  readonly status: number;
  readonly limited: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({
    form: fc.constantFrom('compose', 'twice', 'rules', 'ky use'),
    order: fc.constant(undefined),
    // a network that is down is waited for without end
    offline: fc.constant(false),
  }),
  past: fc.array(fc.constantFrom<number | string>(200, 200, 503, 500, 429, 'ECONNRESET'), {
    minLength: 1,
    maxLength: 14,
  }),
  event: fc.constantFrom(...EVENTS),
  times: fc.integer({ min: 1, max: 25 }),
  status: fc.constantFrom(500, 503, 429, 502, 200),
  limited: fc.boolean(),
});

type Subject = (spec: Spec, timing: Timing, given: Case, innermost: Middleware) => Built;

/** A server, and what replaces its next answer. */
class Scene {
  readonly time: SteppedTime = new SteppedTime(2);
  readonly built: Built;
  readonly steady: Fetch;
  answer: Fetch = async () => new Response('ok');
  #refuses = false;

  constructor(given: Case, subject: Subject) {
    const refusing = defineMiddleware(async (call, next) => {
      if (!this.#refuses) return next(call);
      throw Object.assign(new Error('full'), { local: true, reason: 'queue-full' });
    });
    this.built = subject(given.spec, { clock: this.time, random: seededRandom(1) }, given, refusing);
    this.steady = this.built.wrap((input, init) => this.answer(input, init));
  }

  async live(past: Case['past']): Promise<void> {
    for (const answer of past) {
      this.answer = async () => {
        if (typeof answer === 'string') throw networkError(answer, API);
        return new Response('past', { status: answer });
      };
      await drive(this.time, this.steady(API));
    }
  }

  async suffer(event: Event | 'answered', status: number): Promise<void> {
    const call = this.#call(event, status);
    if (call) await drive(this.time, call);
  }

  #call(event: Event | 'answered', status: number): Promise<Response> | undefined {
    const { steady } = this;
    this.answer = async () => new Response('ok');
    const answered = () => new Response('moved', { status, headers: { 'retry-after': '3600' } });
    const never: Fetch = (input, init) =>
      new Promise((_, reject) => void onAbort(Call.from(input, init).signal, reject));
    switch (event) {
      case 'aborted before':
        return steady(API, { signal: AbortSignal.abort('left') });
      case 'aborted in flight':
        this.answer = never;
        return this.#abortAll(1);
      case 'aborted while the others wait':
        this.answer = never;
        return this.#abortAll(5);
      case 'factory throws':
        return steady(API, { method: 'POST', body: bodyFactory(() => Promise.reject(new Error('no file'))) });
      case 'stream breaks':
        this.answer = async (input, init) => {
          try {
            await new Request(input, init).arrayBuffer();
          } catch (cause) {
            throw new TypeError('fetch failed', { cause });
          }
          return new Response('ok');
        };
        return steady(API, { method: 'POST', body: brokenStream(), duplex: 'half' } as RequestInit);
      case 'fetch throws a bug':
        this.answer = async () => {
          throw new TypeError("Cannot read properties of undefined (reading 'token')");
        };
        return steady(API);
      case 'refused by a layer below':
        this.#refuses = true;
        return steady(API).finally(() => {
          this.#refuses = false;
        });
      case 'key cannot be made':
        return steady(API, { method: 'POST', headers: { 'x-no-key': '1' } });
      case 'wrong options':
        return steady(API, { steadfetch: { retry: { maxRetries: -1 } } });
      case 'another server fails':
        this.answer = async () => new Response('other', { status, headers: { 'retry-after': '3600' } });
        return steady(`${OTHER}/things`, { retry: false });
      case 'answered':
        this.answer = async () => answered();
        return steady(API, { retry: false });
      default:
        this.answer = async () =>
          Object.defineProperties(answered(), {
            url: { value: event === 'answered after a redirect to http' ? 'http://api.test/' : `${OTHER}/` },
            ...(event !== 'answered elsewhere, as its URL alone tells' && { redirected: { value: true } }),
          });
        return steady(API, { retry: false });
    }
  }

  async #abortAll(count: number): Promise<Response> {
    const controller = new AbortController();
    const calls = Array.from({ length: count }, () => settle(this.steady(API, { signal: controller.signal })));
    await macrotasks(2);
    controller.abort('left');
    await Promise.all(calls);
    return new Response();
  }
}

function brokenStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (stream) => stream.error(new Error('the file is gone')),
  });
}

/** What is believed of the server. The pace of a gate moves with time and with every request that leaves. */
function beliefs(built: Built): Record<string, unknown> {
  const { rateLimit, ...others } = built.snapshot();
  const gates = (rateLimit as GateSnapshot[] | undefined)
    ?.filter(({ key }) => !key.includes(OTHER))
    .map(({ key, state, refusedShare, waiting, inFlight }) => {
      return { key, closed: state === 'closed', refusedShare, waiting, inFlight };
    });
  return { ...ofServer(others), rateLimit: gates };
}

/** Without what is believed of another one. */
function ofServer(parts: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(parts).filter(([key]) => !key.includes(OTHER));
  return Object.fromEntries(kept.map(([key, part]) => [key, isRecord(part) ? ofServer(part) : part]));
}

const isRecord = (part: unknown): part is Record<string, unknown> =>
  typeof part === 'object' && part !== null && !Array.isArray(part);

const guilt: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    const { past, event, times, status } = given;
    if (event === 'key cannot be made' && !given.spec.key) return;
    // ky sends the text of a function, and a Request does not tell what kind of body it was made of
    if (given.spec.form === 'ky use' && (event === 'factory throws' || event === 'stream breaks')) return;
    const [scene, control] = [new Scene(given, subject), new Scene(given, subject)];
    await scene.live(past);
    await control.live(past);
    // by a redirect to a good answer the server has answered too, as one of the same host has in any case
    const counts = event.startsWith('answered') && (status === 200 || !event.includes('elsewhere'));
    for (let left = times; left > 0; left--) {
      await scene.suffer(event, status);
      if (counts) await control.suffer('answered', status);
    }
    control.time.advance(scene.time.now() - control.time.now());
    const [after, before] = [scene, control].map(({ built }) => beliefs(built));
    claim(isDeepStrictEqual(after, before), `${times} times '${event}' changed\n${show(before)}\nto\n${show(after)}`);
    claim(isDeepStrictEqual(scene.built.snapshot(), scene.built.snapshot()), 'asking twice gives two answers');
  },
};

const show = (value: unknown) => inspect(value, { depth: 9, breakLength: 140 });

const ours: Subject = (spec, timing, { limited, event }, innermost) =>
  build(spec, timing, {
    innermost,
    ...(limited && { rateLimit: { limit: { requests: 1_000, per: 1_000 } } }),
    ...(event === 'key cannot be made' && {
      idempotencyKey: {
        when: ({ headers }) => headers.has('x-no-key'),
        generate: () => Promise.reject(new Error('no store')),
      },
    }),
  });

/** A layer that counts outcomes against the server by a rule that is too simple. */
function counting(counts: (outcome: Outcome, call: Call) => boolean): Subject {
  return (_, __, ___, innermost) => {
    let failures = 0;
    const layer = defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      if (counts(outcome, call)) failures++;
      return unwrap(outcome);
    });
    return { wrap: compose(layer, innermost), snapshot: () => ({ failures }) };
  };
}

/** Counts the calls in flight, and forgets those that were aborted. */
const leaking: Subject = (_, __, ___, innermost) => {
  let inFlight = 0;
  const layer = defineMiddleware(async (call, next) => {
    inFlight++;
    const response = await next(call);
    inFlight--;
    return response;
  });
  return { wrap: compose(layer, innermost), snapshot: () => ({ inFlight }) };
};

/** A question that changes the answer. */
const curious: Subject = (_, __, ___, innermost) => {
  let asked = 0;
  return { wrap: innermost, snapshot: () => ({ asked: asked++ }) };
};

const wrong: Record<string, Subject> = {
  'counts every error': counting(({ failed }) => failed),
  'counts aborts': counting((_, call) => call.signal?.aborted === true),
  'counts refusals of its own': counting(({ error }) => localRefusal(error) !== undefined),
  'counts bugs': counting(({ error }) => error instanceof TypeError && !error.cause),
  'counts bodies that break': counting(({ error }, { init }) => error !== undefined && init?.body !== undefined),
  'counts answers from elsewhere': counting(({ response }) => response?.redirected === true && response.status === 503),
  'counts no good answers from elsewhere': counting(
    // of the good answers to this server's calls, those of the events that redirect have the field, and those of the control
    ({ response }, { origin }) =>
      origin !== OTHER && response?.status === 200 && response.headers.has('retry-after') && !response.redirected,
  ),
  'counts the failures of all servers together': counting(
    ({ response }) => response?.status === 500 && !response.redirected,
  ),
  'never gives back a slot': leaking,
  'changes when it is asked': curious,
};

describe('what is believed of a server', () => {
  it('does not change by what the server has not done', () => expectNone(guilt, ours, 150), PATIENCE);

  it.each(Object.keys(wrong))('is found to change by a layer that %s', async (name) => {
    await expectFound(guilt, wrong[name]!, 250);
  });
});
