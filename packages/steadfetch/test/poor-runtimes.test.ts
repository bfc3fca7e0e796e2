import { startServer } from '@steadfetch/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  bufferBody,
  compose,
  concurrency,
  drain,
  type Fetch,
  type Middleware,
  observe,
  retry,
  standard,
  timeout,
} from '../src/index.ts';

const hidden: (() => unknown)[] = [];

afterEach(() => {
  vi.unstubAllGlobals();
  for (const restore of hidden.splice(0)) restore();
});

/** Removes a member until the test ends. */
function hide(owner: object, name: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)!;
  hidden.push(() => Object.defineProperty(owner, name, descriptor));
  Reflect.deleteProperty(owner, name);
}

/** What a runtime may lack, and how to remove it here. */
const LACKS: Record<string, () => unknown> = {
  nothing: () => {},
  'AbortSignal.any': () => hide(AbortSignal, 'any'),
  'AbortSignal.timeout': () => hide(AbortSignal, 'timeout'),
  'signal.throwIfAborted': () => hide(AbortSignal.prototype, 'throwIfAborted'),
  DOMException: () => vi.stubGlobal('DOMException', undefined),
  'crypto.randomUUID': () => vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) }),
  crypto: () => vi.stubGlobal('crypto', undefined),
  'a Response with a body': () => vi.stubGlobal('fetch', withoutBodies(fetch)),
  process: () => vi.stubGlobal('process', undefined),
};

/** Like the fetch of React Native: it resolves when the whole body has arrived, and its responses have no streams. */
function withoutBodies(fetch: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const bytes = await response.arrayBuffer();
    return Object.defineProperty(new Response(bytes, response), 'body', { value: undefined });
  };
}

describe.each(Object.entries(LACKS))('without %s', (_, takeAway) => {
  const everything = () =>
    standard({
      ...{ rateLimit: true, circuitBreaker: true, idempotencyKey: true, concurrency: 4, bufferBody: true },
      retry: { delay: () => 1 },
    })(globalThis.fetch);

  it('a POST is repeated with one key and answered through every layer', async () => {
    await using server = await startServer([503, { fault: 'reset' }, { body: 'fine' }]);
    takeAway();

    const response = await everything()(server.url, { method: 'POST', body: 'x' });

    expect(await response.text()).toBe('fine');
    expect(new Set(server.requests.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1);
  });

  it('an abort in a wait is the reason', async () => {
    await using server = await startServer({ status: 503, headers: { 'retry-after': '20' } });
    takeAway();
    const abort = new AbortController();
    const reason = new Error('gone');
    const steady = retry({ hooks: { onRetry: () => void setImmediate(() => abort.abort(reason)) } })(globalThis.fetch);

    await expect(steady(server.url, { signal: abort.signal })).rejects.toBe(reason);
  });

  it('a timeout of an attempt is retried, a timeout of the call ends the call', async () => {
    await using server = await startServer([{ fault: 'stall-headers' }, 200]);
    await using stalling = await startServer({ fault: 'stall-headers' });
    takeAway();
    const steady = compose(retry({ delay: () => 1, maxRetries: 20 }), timeout(100))(globalThis.fetch);

    expect((await steady(server.url)).status).toBe(200);
    await expect(timeout(20)(globalThis.fetch)(stalling.url)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('an incomplete body is retried by bufferBody', async () => {
    await using server = await startServer([{ fault: 'truncate' }, { body: 'whole' }]);
    takeAway();
    const steady = compose(retry({ delay: () => 1 }), bufferBody())(globalThis.fetch);

    expect(await (await steady(server.url)).text()).toBe('whole');
  });
});

it('retry() throws without performance.now(), which its loop needs', () => {
  vi.stubGlobal('performance', undefined);

  expect(() => retry()).toThrow('retry: this runtime has no performance.now()');
});

describe('as in React Native, without reasons of aborts and without DOMException', () => {
  const URL = 'https://api.example.com/';
  const patient = { delay: () => 60_000 };

  beforeEach(() => {
    vi.stubGlobal('DOMException', undefined);
    hide(AbortSignal.prototype, 'reason');
  });

  it('an observer can send a waiting call at once', async () => {
    const replies = [503, 200];
    const fetch = async () => new Response('', { status: replies.shift()! });
    const sendNow = observe((event) => event.type === 'wait' && queueMicrotask(event.retryNow));

    expect((await compose(sendNow, retry(patient))(fetch)(URL)).status).toBe(200);
  });

  it.each([
    ['an AbortError', undefined, { name: 'AbortError' }],
    ['the error that is given', new RangeError('enough'), { name: 'RangeError', message: 'enough' }],
  ])('an observer ends a call that waits with %s', async (_what, reason, expected) => {
    const cancel = observe((event) => event.type === 'wait' && queueMicrotask(() => event.cancel(reason)));
    const steady = compose(cancel, retry(patient))(async () => new Response('', { status: 503 }));

    await expect(steady(URL)).rejects.toMatchObject(expected);
  });

  it('a client that is closed ends a call that waits for a slot', async () => {
    const draining = drain();
    const answers: ((response: Response) => void)[] = [];
    const steady = compose(draining, concurrency(1))(() => new Promise((resolve) => answers.push(resolve)));
    const [first, second] = [steady(URL), steady(URL).catch(({ name }) => name)];

    const closed = draining.close();
    answers[0]!(new Response('ok'));

    expect([(await first).status, await second]).toEqual([200, 'DrainError']);
    expect(await closed).toEqual({ finished: 1, ended: 1 });
  });
});

// Next.js fails the build of a page that reads the date or a random number during prerendering, before the first await
it.each<[string, Middleware]>([
  ['standard()', standard()],
  ['the stack with everything that needs none', standard({ bufferBody: true, concurrency: 4 })],
  ['retry()', retry()],
  ['a limit around retry()', compose(timeout(30_000), retry(), timeout(10_000))],
])('%s reads no date and no chance before a call is sent', async (_, stack) => {
  const read: string[] = [];
  const reading = (name: string) => () => {
    read.push(name);
    return 0;
  };
  vi.spyOn(Date, 'now').mockImplementation(reading('Date.now'));
  vi.spyOn(Math, 'random').mockImplementation(reading('Math.random'));
  onTestFinished(() => void vi.restoreAllMocks());
  const readBefore: string[] = [];
  const steady = stack(async () => {
    readBefore.push(...read);
    return new Response();
  });

  await steady('https://api.example.com/');

  expect(readBefore).toEqual([]);
});
