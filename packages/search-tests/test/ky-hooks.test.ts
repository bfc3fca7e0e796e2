import { compose, type Fetch, type Middleware, observe, settle, unwrap } from '@steadfetch/core';
import { retry, use } from '@steadfetch/ky';
import { type RetryOptions, retry as retryBelow } from '@steadfetch/retry';
import { networkError } from '@steadfetch/testing';
import fc from 'fast-check';
import ky, { type Hooks, type Options } from 'ky';
import { describe, it } from 'vitest';
import { macrotasks } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';

quiet();

const API = 'https://api.test/things';

/** What a request meets: a status, a broken connection, or what is thrown and no error. */
type Reply = number | 'ECONNRESET' | 'text';

/** Asks once for a repetition, or always; or asks for one with a token, as a hook that refreshes it does. */
type Force = 'forces' | 'always forces' | 'forces with a token';

type Form = 'hooks' | 'use' | 'use with retry' | 'use and hooks';

/** What the hooks of the caller do, besides to look. */
interface Case {
  /** What of ours is in the ky: hooks that retry, a stack, a stack with a `retry`, hooks above a stack. */
  readonly form: Form;
  readonly replies: readonly Reply[];
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly asRequest: boolean;
  readonly limit: number;
  readonly beforeRequest: 'none' | 'looks' | 'replaces' | 'answers';
  readonly afterResponse: 'none' | 'looks' | 'replaces' | Force | 'throws' | 'throws a text' | 'aborts';
  readonly beforeRetry: 'none' | 'looks' | 'stops' | 'answers' | 'throws' | 'throws a text' | 'aborts';
  readonly beforeError: 'none' | 'looks' | 'replaces' | 'throws';
  /** After so many turns the caller aborts, if it does. */
  readonly abortAfter: number | undefined;
  readonly reason: 'an error' | 'a text';
}

const cases: fc.Arbitrary<Case> = fc.record({
  form: fc.constantFrom('hooks', 'hooks', 'use', 'use with retry', 'use and hooks'),
  replies: fc.array(fc.constantFrom<Reply>(200, 404, 503, 503, 'ECONNRESET', 'text'), { minLength: 1, maxLength: 4 }),
  method: fc.constantFrom('GET', 'PUT', 'POST'),
  asRequest: fc.boolean(),
  limit: fc.integer({ min: 0, max: 2 }),
  beforeRequest: fc.constantFrom('none', 'none', 'looks', 'replaces', 'answers'),
  afterResponse: fc.constantFrom(
    'none',
    'none',
    'looks',
    'replaces',
    'forces',
    'always forces',
    'forces with a token',
    'throws',
    'throws a text',
    'aborts',
  ),
  beforeRetry: fc.constantFrom('none', 'none', 'looks', 'stops', 'answers', 'throws', 'throws a text', 'aborts'),
  beforeError: fc.constantFrom('none', 'looks', 'replaces', 'throws'),
  abortAfter: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined, freq: 2 }),
  reason: fc.constantFrom('an error', 'a text'),
});

/** Makes options of ky. `seen`: a layer that observes the events of what is inside of it. */
type Subject = (form: Form, below: Fetch, options: RetryOptions, seen: Middleware) => Options;

interface Story {
  /** What the fetch and the hooks of the caller saw, and how the call ended. */
  readonly lines: readonly string[];
  readonly events: readonly string[];
  readonly told: readonly string[];
}

const nameOf = (error: unknown): string =>
  error instanceof Error ? `${error.name} ${error.message.slice(0, 40)}` : `the text ${String(error)}`;

async function live(given: Case, subject: Subject): Promise<Story> {
  const lines: string[] = [];
  const events: string[] = [];
  const told: string[] = [];
  const caller = new AbortController();
  const abort = () => caller.abort(given.reason === 'an error' ? new Error('enough') : 'enough');
  const note = (name: string) => () => void told.push(name);
  const options: RetryOptions = {
    budget: false,
    delay: () => 0,
    hooks: { onRetry: note('retry'), onGiveUp: note('end'), onRecover: note('end') },
  };
  const seen = observe(({ type }) => events.push(type));
  const body = given.method === 'GET' ? {} : { body: 'order' };
  const request = { method: given.method, ...body };
  const mine: Options = { timeout: false, retry: { limit: given.limit, delay: () => 0 } };
  const api = ky.create(mine).extend(subject(given.form, serverOf(given, lines), options, seen));
  const call = api(given.asRequest ? new Request(API, request) : API, {
    ...(given.asRequest ? {} : request),
    signal: caller.signal,
    hooks: hooksOf(given, lines, abort),
  }).then(
    async (response) => void lines.push(response ? `${response.status} ${await response.text()}` : 'nothing'),
    (error) => void lines.push(nameOf(error)),
  );
  if (given.abortAfter !== undefined) {
    for (let turn = 0; turn < given.abortAfter; turn++) await undefined;
    abort();
  }
  await call;
  await macrotasks(2);
  return { lines, events, told };
}

function serverOf({ replies }: Case, lines: string[]): Fetch {
  let sent = 0;
  return async (input) => {
    const request = input as Request;
    lines.push(`sent ${request.method} ${request.headers.get('x-a')} ${await request.text()}`);
    if (request.signal.aborted) throw request.signal.reason;
    const reply = replies[Math.min(sent++, replies.length - 1)]!;
    if (reply === 'text') throw 'thrown';
    if (reply === 'ECONNRESET') throw networkError(reply, API);
    return new Response(`answer ${sent}`, { status: reply });
  };
}

function hooksOf(given: Case, lines: string[], abort: () => void): Hooks {
  const { beforeRequest, afterResponse, beforeRetry, beforeError } = given;
  const act = (does: string): undefined => {
    if (does === 'aborts') abort();
    if (does === 'throws') throw new Error('of a hook');
    if (does === 'throws a text') throw 'of a hook';
  };
  return {
    beforeRequest: without(beforeRequest, ({ request }) => {
      lines.push(`before ${request.method}`);
      if (beforeRequest === 'replaces') return new Request(request, { headers: { 'x-a': 'replaced' } });
      return beforeRequest === 'answers' ? new Response('made up', { status: 503 }) : undefined;
    }),
    afterResponse: without(afterResponse, ({ request, response, retryCount }) => {
      lines.push(`after ${response.status} ${retryCount}`);
      if (afterResponse === 'replaces' && response.status === 503) return new Response('replaced');
      if (afterResponse === 'always forces') return ky.retry({ delay: 0 });
      if (!afterResponse.startsWith('forces') || retryCount > 0) return act(afterResponse);
      if (afterResponse === 'forces') return ky.retry({ delay: 0 });
      return ky.retry({ request: new Request(request, { headers: { 'x-a': 'token' } }), delay: 0 });
    }),
    beforeRetry: without(beforeRetry, ({ error, retryCount }) => {
      lines.push(`again ${retryCount} ${nameOf(error)}`);
      if (beforeRetry === 'stops') return ky.stop;
      return beforeRetry === 'answers' ? new Response('made up') : act(beforeRetry);
    }),
    beforeError: without(beforeError, ({ error }) => {
      lines.push(`error ${nameOf(error)}`);
      act(beforeError);
      return beforeError === 'replaces' ? new Error('replaced') : error;
    }),
  };
}

function without<Hook>(does: string, hook: Hook): Hook[] {
  return does === 'none' ? [] : [hook];
}

/** Whether an abort may come between what ky does and what we do. */
function aborts({ abortAfter, afterResponse, beforeRetry }: Case): boolean {
  return abortAfter !== undefined || afterResponse === 'aborts' || beforeRetry === 'aborts';
}

const stories: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    const { lines, events, told } = await live(given, subject);
    const count = (type: string) => events.filter((one) => one === type).length;
    const isOneCall = given.form.endsWith('hooks');
    claim(!isOneCall || count('start') < 2, `begins again: ${events}`);
    claim(count('end') === count('start'), `has no end, or two: ${events}`);
    claim(/^(?:(?:retry,)+end,|end,)*$/.test(told.map((name) => `${name},`).join('')), `a retry has no end: ${told}`);
    claim(!isOneCall || told.filter((name) => name === 'end').length < 2, `ends twice: ${told}`);
    if (aborts(given)) return;
    const plain = await live(given, plainly(given.limit));
    claim(lines.join('\n') === plain.lines.join('\n'), `\n${lines.join('\n')}\nin place of\n${plain.lines.join('\n')}`);
  },
};

/** ky by itself, above a plain retry where a stack has one. Above a stack it repeats what a hook forces, and nothing else. */
function plainly(limit: number): Subject {
  return (form, below) => {
    const fetch = (form === 'use with retry' ? plainRetry(limit)(below) : below) as typeof globalThis.fetch;
    return form.endsWith('hooks') ? { fetch } : { fetch, retry: { methods: [] } };
  };
}

function plainRetry(limit: number): Middleware {
  return (next) => async (input) => {
    const request = input as Request;
    for (let left = request.method === 'POST' ? 0 : limit; ; left--) {
      const outcome = await settle(next(left > 0 ? request.clone() : request));
      const isTransient = outcome.failed ? outcome.error instanceof TypeError : outcome.response.status === 503;
      if (left === 0 || !isTransient) return unwrap(outcome);
    }
  };
}

const ours: Subject = (form, below, options, seen) => {
  const fetch = () => below;
  if (form === 'hooks') return { hooks: retry(options), fetch: compose(seen)(below) as typeof globalThis.fetch };
  if (form === 'use') return use(seen, fetch);
  if (form === 'use with retry') return use(seen, retryBelow(options), fetch);
  return { ...use(seen, fetch), hooks: retry(options) };
};

/** Ours, with other hooks that retry. */
const withHooks =
  (hooks: (options: RetryOptions) => Hooks): Subject =>
  (form, below, options, seen) => {
    const whole = ours(form, below, options, seen);
    return form.endsWith('hooks') ? { ...whole, hooks: hooks(options) } : whole;
  };

const wrong: Record<string, Subject> = {
  'shows no error to the hooks of the caller': withHooks((options) => ({
    ...retry(options),
    beforeError: [({ error }) => Promise.reject(error)],
  })),
  'tells of no end': withHooks(({ hooks, ...options }) =>
    retry({ ...options, hooks: { ...hooks, onGiveUp: () => {} } }),
  ),
  'answers what it is asked to repeat': withHooks((options) => ({
    ...retry(options),
    beforeRetry: [() => new Response('mine')],
  })),
  'repeats nothing above a stack': (form, ...rest) =>
    form === 'use' ? { ...ours(form, ...rest), hooks: { init: [turnOff] } } : ours(form, ...rest),
  'repeats above a stack what fails': (form, below, options, seen) =>
    form === 'use' ? { fetch: compose(seen)(below) as typeof globalThis.fetch } : ours(form, below, options, seen),
};

function turnOff(options: Options): void {
  options.retry = 0;
}

describe('the hooks of the caller, beside those of retry()', () => {
  it('see what they see in plain ky, and each call has one end', () => expectNone(stories, ours, 600), PATIENCE);

  it.each(Object.keys(wrong))(
    'are found to see something else where ky %s',
    async (name) => {
      await expectFound(stories, wrong[name]!, 600);
    },
    PATIENCE,
  );
});
