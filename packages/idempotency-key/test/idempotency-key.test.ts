import { type Call, compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { idempotencyKeyOf } from '@steadfetch/core/kit';
import { fakeFetch } from '@steadfetch/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { anyText } from '../../search-tests/test/support/any-text.ts';
import { type IdempotencyKeyOptions, idempotencyKey } from '../src/index.ts';

const URL = 'https://api.example.com/orders';
const POST = { method: 'POST', body: '{}' };
const twice = defineMiddleware((call, next) => next(call).then(() => next(call.with({ attempt: 2 }))));

/** What the server sees in the field. */
async function sent(options: IdempotencyKeyOptions, init: RequestInit = POST, field = 'idempotency-key') {
  const fetch = fakeFetch(200);
  await idempotencyKey(options)(fetch)(URL, init);
  return fetch.calls[0]!.headers.get(field);
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('idempotencyKey', () => {
  it('adds a quoted UUID to a call', async () => {
    expect(await sent({})).toMatch(/^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/);
  });

  it('makes no key for a call that is aborted already', async () => {
    const generate = vi.fn(() => 'k');
    const call = idempotencyKey({ generate })(fakeFetch(200))(URL, { ...POST, signal: AbortSignal.abort('mine') });

    await expect(call).rejects.toBe('mine');
    expect(generate).not.toHaveBeenCalled();
  });

  it('ignores the rejection of a promise that `when` returns by mistake', async () => {
    const when = (() => Promise.reject(new Error('late'))) as never;

    await expect(idempotencyKey({ when })(fakeFetch(200))(URL, POST)).rejects.toThrow('got [object Promise]');
  });

  it.each([{}, { 'x-request-id': 'mine' }])(
    'records for the layers inside which field it is in: %o',
    async (headers) => {
      const keys: unknown[] = [];
      const note = defineMiddleware((call, next) => {
        keys.push(idempotencyKeyOf(call));
        return next(call);
      });
      const options = { header: 'X-Request-Id', generate: () => 'mine', format: 'raw' } as const;

      await compose(idempotencyKey(options), note)(fakeFetch(200))(URL, { ...POST, headers });

      expect(keys).toEqual(['mine']);
    },
  );

  it('sends the bare key on demand', async () => {
    expect(await sent({ format: 'raw', generate: () => 'order-7' })).toBe('order-7');
  });

  it('escapes quotes and backslashes as a structured string does', async () => {
    expect(await sent({ generate: () => String.raw`a"b\c` })).toBe(String.raw`"a\"b\\c"`);
  });

  it.each(['"k-7"', String.raw`"a\"b\\c"`])('does not quote a key that is quoted: %s', async (key) => {
    expect(await sent({ generate: () => key })).toBe(key);
  });

  it.each(['"', '""', '"a"b"', String.raw`"a\"`])('quotes a key that only looks quoted: %s', async (key) => {
    expect(await sent({ generate: () => key })).toBe(`"${key.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  });

  it('sends any key whole in one field, or sends nothing', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (key) => {
        const fetch = fakeFetch(200);
        const send = idempotencyKey({ generate: () => key })(fetch);

        const refused = await send(URL, POST).then(
          () => false,
          () => true,
        );

        const value = fetch.calls[0]?.headers.get('idempotency-key');
        expect(refused).toBe(!/^[ -~]+$/.test(key) || key.trim() === '');
        if (!refused) expect([key, JSON.stringify(key)]).toContain(value);
      }),
    );
  });

  it('sends the same key on every attempt, and another for the next call', async () => {
    const fetch = fakeFetch(200);
    const send = compose(idempotencyKey(), twice)(fetch);

    await send(URL, POST);
    await send(URL, POST);

    const keys = fetch.calls.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).toBe(keys[3]);
    expect(keys[0]).not.toBe(keys[2]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'QUERY'])('leaves %s alone', async (method) => {
    expect(await sent({}, { method })).toBeNull();
  });

  it.each(['POST', 'post', 'PATCH', 'patch'])('adds a key to %s in upper or lower case', async (method) => {
    expect(await sent({ generate: () => 'k' }, { method })).toBe('"k"');
  });

  it('adds keys to the methods that are listed, and to no others', async () => {
    expect(await sent({ methods: ['put'], generate: () => 'k' }, { method: 'PUT' })).toBe('"k"');
    expect(await sent({ methods: ['put'], generate: () => 'k' })).toBeNull();
  });

  it.each([
    [{ 'idempotency-key': 'mine' }],
    [{ 'IDEMPOTENCY-KEY': 'mine' }],
    [[['Idempotency-key', 'mine']] as [string, string][]],
    [new Headers({ 'Idempotency-Key': 'mine' })],
  ])("leaves the caller's key as it is: %o", async (headers) => {
    const generate = vi.fn(() => 'k');

    expect(await sent({ generate }, { ...POST, headers })).toBe('mine');
    expect(generate).not.toHaveBeenCalled();
  });

  it.each(['', '   ', '\t'])('replaces a blank key %j', async (blank) => {
    expect(await sent({ generate: () => 'k' }, { ...POST, headers: { 'idempotency-key': blank } })).toBe('"k"');
  });

  it.each([undefined, null])("adds a key if the caller's key is only %j", async (none) => {
    const headers = { 'idempotency-key': none as never };

    expect(await sent({ generate: () => 'k' }, { ...POST, headers })).toBe('"k"');
  });

  it('keeps the other headers, also of a Request, and its body', async () => {
    const fetch = fakeFetch(200);
    const request = new Request(URL, { ...POST, headers: { 'x-tenant': 'a', 'content-type': 'application/json' } });

    await idempotencyKey({ generate: () => 'k' })(fetch)(request);

    const headers = Object.fromEntries(fetch.calls[0]!.headers);
    expect(headers).toMatchObject({ 'x-tenant': 'a', 'content-type': 'application/json', 'idempotency-key': '"k"' });
    expect(request.headers.has('idempotency-key')).toBe(false);
  });

  it('lets a fetch inside that makes keys too find this one by its name', async () => {
    const got: unknown[] = [];
    const keyed: Fetch = async (_, init) => {
      const headers = init?.headers as Record<string, string> | undefined;
      got.push({ ...headers, 'Idempotency-Key': headers?.['Idempotency-Key'] ?? 'its own' });
      return new Response();
    };

    await idempotencyKey({ generate: () => 'k' })(keyed)(URL, { ...POST, headers: { 'X-Tenant': 'a' } });

    expect(got).toEqual([{ 'X-Tenant': 'a', 'Idempotency-Key': '"k"' }]);
  });

  it('uses another field by option', async () => {
    expect(await sent({ header: 'X-Request-Key', generate: () => 'k' }, POST, 'x-request-key')).toBe('"k"');
  });

  it('shows layers inside the key of each call, whichever field carries it', async () => {
    const keys: unknown[] = [];
    const note = defineMiddleware((call, next) => {
      keys.push(idempotencyKeyOf(call));
      return next(call);
    });
    const only = (path: string) => ({ when: (call: Call) => call.url.endsWith(path), format: 'raw' as const });
    const send = compose(
      idempotencyKey({ header: 'X-Key', generate: () => 'x', ...only('/x') }),
      idempotencyKey({ header: 'Y-Key', generate: () => 'y', ...only('/y') }),
      note,
    )(fakeFetch(200));

    await send(`${URL}/x`, POST);
    await send(`${URL}/y`, POST);
    await send(URL, { ...POST, headers: { 'Idempotency-Key': 'mine' } });
    await send(URL, { ...POST, headers: { 'X-Key': 'mine' } });
    await send(URL, POST);

    expect(keys).toEqual(['x', 'y', 'mine', 'mine', undefined]);
  });

  it('asks when about the call', async () => {
    const when = (call: Call) => call.url.endsWith('/orders');

    expect(await sent({ when, generate: () => 'k' })).toBe('"k"');
    expect(await sent({ when: () => false })).toBeNull();
  });

  it('waits for the promise of a key, and passes the call to the function', async () => {
    const generate = async (call: Call) => `${call.method} ${call.url}`;

    expect(await sent({ generate })).toBe('"POST https://api.example.com/orders"');
  });

  it("rejects with the caller's reason while it waits for a key", async () => {
    const controller = new AbortController();
    const fetch = fakeFetch(200);
    const send = idempotencyKey({ generate: () => new Promise<string>(() => {}) })(fetch);
    const result = send(URL, { ...POST, signal: controller.signal });

    controller.abort('gone');

    await expect(result).rejects.toBe('gone');
    expect(fetch.calls).toHaveLength(0);
  });

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('no key');
      },
      'no key',
    ],
    ['rejects', () => Promise.reject(new RangeError('no key')), 'no key'],
    ['returns nothing', () => undefined as never, 'string, got undefined'],
    ['returns a number', () => 7 as never, 'string, got 7'],
    ['returns an empty key', () => '', 'printable ASCII, got ""'],
    ['returns a blank key', () => '  ', 'printable ASCII, got "  "'],
    ['returns a line break', () => 'a\r\nx-admin: 1', 'printable ASCII, got "a\\r\\nx-admin: 1"'],
    ['returns a letter beyond ASCII', () => 'schlüssel', 'printable ASCII'],
  ])('rejects the call, and sends nothing, when generate %s', async (_what, generate, message) => {
    const fetch = fakeFetch(200);

    await expect(idempotencyKey({ generate })(fetch)(URL, POST)).rejects.toThrow(message);
    expect(fetch.calls).toHaveLength(0);
  });

  it.each([
    ['a layer', false],
    ['a retry', true],
  ])('warns once if %s outside sends a call again, but not of separate calls', async (_what, retried) => {
    vi.resetModules();
    const { Call, compose, defineMiddleware } = await import('@steadfetch/core');
    const { idempotencyKey } = await import('../src/index.ts');
    const warn = vi.spyOn(console, 'warn').mockReset().mockReturnValue();
    const twice = (again: (call: Call) => Call) =>
      defineMiddleware(async (call, next) => {
        await next(again(call));
        return next(again(call));
      });
    const keys = idempotencyKey();

    await compose(
      twice((call) => Call.from(call.url, { method: 'POST' })),
      keys,
      idempotencyKey({ header: 'X-Key' }),
    )(fakeFetch(200))(URL, POST);
    await compose(
      keys,
      twice((call) => call),
    )(fakeFetch(200))(URL, POST);
    await compose(
      twice((call) => call),
      idempotencyKey({ generate: () => 'order-7' }),
    )(fakeFetch(200))(URL, POST);
    expect(warn).not.toHaveBeenCalled();
    for (let n = 0; n < 2; n++)
      await compose(
        twice((call) => call.with({ retried })),
        keys,
      )(fakeFetch(200))(URL, POST);

    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('an order may be placed twice'));
  });

  it.each([
    ['a promise', async () => false, '[object Promise]'],
    ['nothing', () => undefined, 'undefined'],
  ])('rejects the call, and sends nothing, when when returns %s', async (_what, when, shown) => {
    const fetch = fakeFetch(200);
    const send = idempotencyKey({ when: when as never })(fetch);

    await expect(send(URL, POST)).rejects.toThrow(
      new TypeError(`idempotencyKey: when: expected it to return true or false, got ${shown}`),
    );
    expect(fetch.calls).toHaveLength(0);
  });

  it.each([
    [{ keys: 1 }, /^idempotencyKey: unknown option 'keys'/],
    [null, /^idempotencyKey: .*null/],
    [{ header: '' }, /^idempotencyKey: header: /],
    [{ header: 'a b' }, /^idempotencyKey: header: .*a b/],
    [{ header: 7 }, /^idempotencyKey: header: .*7/],
    [{ methods: 'POST' }, /^idempotencyKey: methods: .*POST/],
    [{ methods: null }, /^idempotencyKey: methods: .*null/],
    [{ methods: [7] }, /^idempotencyKey: methods: .*7/],
    [{ methods: [''] }, /^idempotencyKey: methods: /],
    [{ generate: 'k' }, /^idempotencyKey: generate: .*"k"/],
    [{ when: true }, /^idempotencyKey: when: .*true/],
    [{ format: 'bare' }, /^idempotencyKey: format: .*bare/],
  ])('refuses the options %o', (options, message) => {
    const build = () => idempotencyKey(options as unknown as IdempotencyKeyOptions);

    expect(build).toThrow(TypeError);
    expect(build).toThrow(message);
  });
});
