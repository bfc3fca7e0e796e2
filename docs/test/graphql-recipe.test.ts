import { readFileSync } from 'node:fs';
import { fakeFetch } from '@steadfetch/testing';
import { type RetryOptions, retry } from 'steadfetch';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../recipes-apis.md', import.meta.url), 'utf8');
const [, code] = /^`idempotent: (.*)`\.$/m.exec(page)!;
const idempotent = new Function(`return (${code});`)() as RetryOptions['idempotent'];

const url = 'https://api.github.com/graphql';
const ask = (query: string): [string, RequestInit] => [url, { method: 'POST', body: JSON.stringify({ query }) }];

it.each<[string, number, Parameters<typeof fetch>]>([
  ['a query', 2, ask('query { viewer { login } }')],
  ['a query without its keyword', 2, ask('\n  { viewer { login } }')],
  ['a mutation', 1, ask('mutation { follow { id } }')],
  ['a mutation on a line of its own', 1, ask('\n  mutation { follow { id } }')],
  ['a mutation after a fragment', 1, ask('fragment f on User { login } mutation { follow { ...f } }')],
  ['a mutation that is written with spaces', 1, [url, { method: 'POST', body: '{ "query": "mutation { follow }" }' }]],
  ['a Request, whose body cannot be looked at', 1, [new Request(...ask('mutation { follow { id } }'))]],
])('the stack for the GraphQL of GitHub repeats only queries: %s', async (_, times, call) => {
  const github = fakeFetch([502, 200]);

  await retry({ idempotent, delay: () => 0 })(github)(...call);

  expect(github.requests).toHaveLength(times);
});
