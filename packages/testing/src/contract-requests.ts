import { CONTRACT_URL, type ContractCheck, same } from './contract-claim.ts';
import { countCopies, probe } from './contract-probe.ts';

/** What goes on to the next fetch. */
export const requestChecks: Readonly<Record<string, ContractCheck>> = {
  'takes a string, a URL and a Request': async (make) => {
    const { fetch, asked } = probe();
    const steady = make()(fetch);
    await steady(CONTRACT_URL, { method: 'put', headers: { 'x-a': '1' } });
    await steady(new URL(CONTRACT_URL), { method: 'put', headers: new Headers({ 'x-a': '1' }) });
    await steady(new Request(CONTRACT_URL, { method: 'put', headers: [['x-a', '1']] }));
    for (const { url, method, headers } of asked) {
      same(`${method} ${url} ${headers.get('x-a')}`, `PUT ${CONTRACT_URL} 1`, 'what next was asked for');
    }
    same(asked.length, 3, 'the number of calls of next');
  },

  'hands on by reference what a Request cannot hold': async (make) => {
    const { fetch, asked } = probe();
    const extra = { dispatcher: {}, cf: { cacheTtl: 1 }, next: { revalidate: 1 } };
    await make()(fetch)(CONTRACT_URL, { ...extra, cache: 'no-store' } as RequestInit);
    const init = asked[0]!.init as (RequestInit & typeof extra) | undefined;
    for (const name of ['dispatcher', 'cf', 'next'] as const) same(init?.[name], extra[name], `init.${name}`);
    same(init?.cache, 'no-store', 'init.cache');
  },

  'builds no Request and clones nothing for a plain call': async (make) => {
    const steady = make()(probe().fetch);
    const calls = async () => {
      await steady(CONTRACT_URL);
      await steady(CONTRACT_URL, { method: 'POST', body: 'x', headers: { 'x-a': '1' } });
    };
    same(await countCopies(calls), 0, 'the number of requests built and messages cloned');
  },

  'sends what was asked for, whatever the caller changes afterwards': async (make) => {
    const { fetch, asked } = probe();
    const headers: Record<string, string> = { 'x-a': 'asked' };
    const init: RequestInit = { method: 'PUT', headers };
    const call = make()(fetch)(CONTRACT_URL, init);
    headers['x-a'] = 'changed';
    init.method = 'DELETE';
    await call;
    same(`${asked[0]?.method} ${asked[0]?.headers.get('x-a')}`, 'PUT asked', 'what next was asked for');
  },
};
