import { compose, type Fetch, observe } from '@steadfetch/core';
import { retry } from '@steadfetch/ky';
import type { RetryOptions } from '@steadfetch/retry';
import { networkError } from '@steadfetch/testing';
import fc from 'fast-check';
import ky, { type Hooks } from 'ky';
import { describe, it } from 'vitest';
import { macrotasks } from './support/drive.ts';
import { quiet } from './support/quiet.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';

quiet();

const API = 'https://api.test/things';

/** What a request meets: a status, a broken connection, or what is thrown and no error. */
type Reply = number | 'ECONNRESET' | 'text';

/** What the hooks of the caller do, besides to look. */
interface Case {
  readonly replies: readonly Reply[];
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly asRequest: boolean;
  readonly limit: number;
  readonly beforeRequest: 'none' | 'looks' | 'replaces' | 'answers';
  readonly afterResponse: 'none' | 'looks' | 'replaces' | 'forces' | 'throws' | 'throws a text' | 'aborts';
  readonly beforeRetry: 'none' | 'looks' | 'stops' | 'answers' | 'throws' | 'throws a text' | 'aborts';
  readonly beforeError: 'none' | 'looks' | 'replaces' | 'throws';
  /** After so many turns the caller aborts, if it does. */
  readonly abortAfter: number | undefined;
  readonly reason: 'an error' | 'a text';
}

const cases: fc.Arbitrary<Case> = fc.record({
  replies: fc.array(fc.constantFrom<Reply>(200, 404, 503, 503, 'ECONNRESET', 'text'), { minLength: 1, maxLength: 4 }),
  method: fc.constantFrom('GET', 'PUT', 'POST'),
  asRequest: fc.boolean(),
  limit: fc.integer({ min: 0, max: 2 }),
  beforeRequest: fc.constantFrom('none', 'none', 'looks', 'replaces', 'answers'),
  afterResponse: fc.constantFrom('none', 'none', 'looks', 'replaces', 'forces', 'throws', 'throws a text', 'aborts'),
  beforeRetry: fc.constantFrom('none', 'none', 'looks', 'stops', 'answers', 'throws', 'throws a text', 'aborts'),
  beforeError: fc.constantFrom('none', 'looks', 'replaces', 'throws'),
  abortAfter: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
  reason: fc.constantFrom('an error', 'a text'),
});

/** Makes the hooks that retry; ky retries by itself where there are none. */
type Subject = (options: RetryOptions) => Hooks | undefined;

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
  const hooks = subject({
    budget: false,
    delay: () => 0,
    hooks: { onRetry: note('retry'), onGiveUp: note('end'), onRecover: note('end') },
  });
  const fetch = compose(observe(({ type }) => events.push(type)))(serverOf(given, lines));
  const body = given.method === 'GET' ? {} : { body: 'order' };
  const request = { method: given.method, ...body };
  const api = hooks ? ky.create({ hooks }) : ky.create();
  const call = api(given.asRequest ? new Request(API, request) : API, {
    ...(given.asRequest ? {} : request),
    fetch: fetch as typeof globalThis.fetch,
    signal: caller.signal,
    timeout: false,
    retry: { limit: given.limit, delay: () => 0 },
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
    afterResponse: without(afterResponse, ({ response, retryCount }) => {
      lines.push(`after ${response.status} ${retryCount}`);
      if (afterResponse === 'replaces' && response.status === 503) return new Response('replaced');
      return afterResponse === 'forces' && retryCount < 1 ? ky.retry({ delay: 0 }) : act(afterResponse);
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
    claim(events.length === 0 || count('start') === 1, `begins otherwise: ${events}`);
    claim(count('end') === count('start'), `has no end, or two: ${events}`);
    const ends = told.filter((one) => one === 'end').length;
    claim(!told.includes('retry') || ends === 1, `a retry is announced and has no end, or two: ${told}`);
    if (aborts(given)) return;
    const plain = await live(given, () => undefined);
    claim(lines.join('\n') === plain.lines.join('\n'), `\n${lines.join('\n')}\nin place of\n${plain.lines.join('\n')}`);
  },
};

const wrong: Record<string, Subject> = {
  'shows no error to the hooks of the caller': (options) => ({
    ...retry(options),
    beforeError: [({ error }) => Promise.reject(error)],
  }),
  'tells of no end': ({ hooks, ...options }) => retry({ ...options, hooks: { ...hooks, onGiveUp: () => {} } }),
  'answers what it is asked to repeat': (options) => ({ ...retry(options), beforeRetry: [() => new Response('mine')] }),
};

describe('the hooks of the caller, beside those of retry()', () => {
  it('see what they see in plain ky, and each call has one end', () => expectNone(stories, retry, 600), PATIENCE);

  it.each(Object.keys(wrong))(
    'are found to see something else where ky %s',
    async (name) => {
      await expectFound(stories, wrong[name]!, 600);
    },
    PATIENCE,
  );
});
