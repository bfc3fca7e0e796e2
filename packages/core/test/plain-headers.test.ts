import { type Call, type CallChanges, compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { expect, it } from 'vitest';

const signed = defineMiddleware((call, next) => {
  const headers = new Headers(call.headers);
  headers.set('X-Key', 'k');
  return next(call.with({ headers }));
});

/** What a fetch gets that is not the platform's. */
function recorded(): { fetch: Fetch; got: unknown[] } {
  const got: unknown[] = [];
  const fetch: Fetch = async (_, init) => {
    got.push(init?.headers);
    return new Response();
  };
  return { fetch, got };
}

it("has headers that a wrapper can spread, like the caller's, if a layer has added to them", async () => {
  const { fetch, got } = recorded();
  const authed: Fetch = (url, init) =>
    fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string>), Authorization: 'a' } });

  await signed(authed)('https://api.test/', { method: 'POST', headers: { 'Content-Type': 'text/x' } });
  await compose(signed, signed)(authed)('https://api.test/');

  expect(got).toEqual([
    { 'Content-Type': 'text/x', 'x-key': 'k', Authorization: 'a' },
    { 'x-key': 'k', Authorization: 'a' },
  ]);
});

it('leaves a field without a value to a wrapper inside if a layer has added another', async () => {
  const { fetch, got } = recorded();

  await signed(fetch)('https://api.test/', { headers: { Authorization: undefined, Accept: null } as never });

  expect(got).toStrictEqual([{ Authorization: undefined, Accept: null, 'x-key': 'k' }]);
});

it('hands on headers of another form as they are made', async () => {
  const { fetch, got } = recorded();

  await signed(fetch)('https://api.test/', { headers: new Headers({ a: '1' }) });
  await signed(fetch)('https://api.test/', { headers: [['a', '1']] });

  expect(got.map((headers) => headers instanceof Headers && [...headers])).toEqual([
    [
      ['a', '1'],
      ['x-key', 'k'],
    ],
    [
      ['a', '1'],
      ['x-key', 'k'],
    ],
  ]);
});

it.each<[string, (call: Call) => CallChanges]>([
  ['of the input', (call) => ({ input: new Request('https://b.test/', call.input as Request) })],
  ['of the input and the init', (call) => ({ input: new Request(call.input as Request, call.init), init: undefined })],
])('keeps the headers of a layer where a layer inside makes a Request %s', async (_, changes) => {
  const keys: unknown[] = [];
  const fetch: Fetch = async (input, init) => {
    keys.push(new Request(input, init).headers.get('x-key'));
    return new Response();
  };
  const remade = defineMiddleware((call, next) => next(call.with(changes(call))));

  await compose(signed, remade)(fetch)(new Request('https://api.test/', { method: 'POST', body: 'order' }));

  expect(keys).toEqual(['k']);
});

it('keeps the form of each call if a layer sets the same headers for all', async () => {
  const { fetch, got } = recorded();
  const common = new Headers({ 'x-key': 'k' });
  const client = defineMiddleware((call, next) => next(call.with({ headers: common })))(fetch);

  await client('https://api.test/', { headers: {} });
  await client('https://api.test/', { headers: new Headers() });
  await client(new Request('https://api.test/'));
  await client('https://api.test/', { headers: {} });

  expect(got.map((headers) => headers && headers instanceof Headers)).toEqual([false, true, undefined, false]);
});

it.each([null, 'a'])('leaves headers that are no object to fetch: %s', async (headers) => {
  const { fetch, got } = recorded();
  const replaced = defineMiddleware((call, next) => next(call.with({ headers: new Headers({ b: '2' }) })));

  await replaced(fetch)('https://api.test/', { headers: headers as unknown as HeadersInit });

  expect(new Headers(got[0] as HeadersInit).get('b')).toBe('2');
});
