import { type Fetch, type Middleware, type Outcome, settle } from '@steadfetch/core';
import { countCopies, endless, probe, watchListeners } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/** Fails with an error that says what is wrong. */
export type ContractCheck = (make: () => Middleware) => Promise<void>;

const URL_ = 'https://contract.test/things?q=1';

/** What every middleware keeps to, by name. The first answer is always a 200. */
export const contractChecks: Readonly<Record<string, ContractCheck>> = {
  'gives the response of next itself': async (make) => {
    const response = new Response('ok');
    same(await make()(async () => response)(URL_), response, 'the response');
  },

  'takes a string, a URL and a Request': async (make) => {
    const { fetch, asked } = probe();
    const steady = make()(fetch);
    await steady(URL_, { method: 'put', headers: { 'x-a': '1' } });
    await steady(new URL(URL_), { method: 'put', headers: new Headers({ 'x-a': '1' }) });
    await steady(new Request(URL_, { method: 'put', headers: [['x-a', '1']] }));
    for (const { url, method, headers } of asked) {
      same(`${method} ${url} ${headers.get('x-a')}`, `PUT ${URL_} 1`, 'what next was asked for');
    }
    same(asked.length, 3, 'the number of calls of next');
  },

  'hands on by reference what a Request cannot hold': async (make) => {
    const { fetch, asked } = probe();
    const extra = { dispatcher: {}, cf: { cacheTtl: 1 }, next: { revalidate: 1 } };
    await make()(fetch)(URL_, { ...extra, cache: 'no-store' } as RequestInit);
    const init = asked[0]!.init as (RequestInit & typeof extra) | undefined;
    for (const name of ['dispatcher', 'cf', 'next'] as const) same(init?.[name], extra[name], `init.${name}`);
    same(init?.cache, 'no-store', 'init.cache');
  },

  'builds no Request and clones nothing for a plain call': async (make) => {
    const steady = make()(probe().fetch);
    const calls = async () => {
      await steady(URL_);
      await steady(URL_, { method: 'POST', body: 'x', headers: { 'x-a': '1' } });
    };
    same(await countCopies(calls), 0, 'the number of requests built and messages cloned');
  },

  "rejects with the caller's abort reason": async (make) => {
    for (const reason of [{ by: 'caller' }, 'enough', null, new Error('stop')]) {
      const steady = make()(endless);
      await abortsWith(reason, (signal) => steady(URL_, { signal }));
      await abortsWith(reason, (signal) => steady(new Request(URL_, { signal })));
      same(await failureOf(steady(URL_, { signal: AbortSignal.abort(reason) })), reason, 'the reason from before');
    }
  },

  'rejects when next throws instead of rejecting': async (make) => {
    const error = new Error('thrown');
    const steady = make()(() => {
      throw error;
    });
    same(await failureOf(steady(URL_)), error, 'the error');
  },

  'rejects with the error of next itself': async (make) => {
    for (const error of [new Error('rejected'), { odd: true }]) {
      same(await failureOf(make()(() => Promise.reject(error))(URL_)), error, 'the error');
    }
  },

  "leaves no listener on the caller's signal": async (make) => {
    const ends: [string, Fetch][] = [
      ['after a response', probe().fetch],
      ['after an error', () => Promise.reject(new Error('rejected'))],
    ];
    for (const [when, next] of ends) {
      const { signal } = new AbortController();
      const listeners = watchListeners(signal);
      const end = make()(next)(URL_, { signal });
      await end.then((response) => response.text()).catch(() => {});
      await macrotask();
      same(listeners.count, 0, `the number of listeners ${when}`);
    }
  },

  'sends what was asked for, whatever the caller changes afterwards': async (make) => {
    const { fetch, asked } = probe();
    const headers: Record<string, string> = { 'x-a': 'asked' };
    const init: RequestInit = { method: 'PUT', headers };
    const call = make()(fetch)(URL_, init);
    headers['x-a'] = 'changed';
    init.method = 'DELETE';
    await call;
    same(`${asked[0]?.method} ${asked[0]?.headers.get('x-a')}`, 'PUT asked', 'what next was asked for');
  },

  'keeps concurrent calls apart': async (make) => {
    const { fetch } = probe(async ({ url }) => {
      for (let turns = 10 - Number(url.at(-1)); turns > 0; turns--) await macrotask();
      return new Response(url);
    });
    const steady = make()(fetch);
    const urls = Array.from({ length: 10 }, (_, index) => URL_ + index);
    const texts = await Promise.all(urls.map(async (url) => (await steady(url)).text()));
    same(texts.join(), urls.join(), 'the answers');
  },

  'serves two fetches at once': async (make) => {
    const middleware = make();
    const [a, b] = [new Response('a'), new Response('b')];
    const [steadyA, steadyB] = [middleware(async () => a), middleware(async () => b)];
    same(await steadyA(URL_), a, 'the response of the first fetch');
    same(await steadyB(URL_), b, 'the response of the second fetch');
  },
};

async function abortsWith(reason: unknown, call: (signal: AbortSignal) => Promise<Response>): Promise<void> {
  const controller = new AbortController();
  const end = settle(call(controller.signal));
  await macrotask();
  controller.abort(reason);
  same(errorOf(await end), reason, 'the reason');
}

async function failureOf(call: Promise<Response>): Promise<unknown> {
  return errorOf(await settle(call));
}

function errorOf(outcome: Outcome): unknown {
  if (outcome.failed) return outcome.error;
  throw new Error('expected the call to reject, but it gave a response');
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
