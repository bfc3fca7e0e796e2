import { Call, type Call as CallType, compose, defineMiddleware } from '@steadfetch/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

const URL_ = 'https://api.test/a';
const OTHER = 'https://other.test/';

afterEach(() => vi.unstubAllGlobals());

const put = (init?: RequestInit) => new Request(URL_, { method: 'PUT', body: 'order', headers: { a: '1' }, ...init });

/** Sends the call twice, and gives what a fetch is called with. */
async function sent(call: CallType): Promise<string[]> {
  const seen: string[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const form = init?.body instanceof ArrayBuffer ? 'bytes' : 'stream';
    seen.push(`${request.method} ${request.url} ${request.headers.get('a')} ${form} ${await request.text()}`);
    return new Response();
  };
  await call.send(fetch);
  if (typeof call.input === 'string') await call.send(fetch);
  return seen;
}

describe('a Request with a body that goes to another address', () => {
  it('keeps it as a stream, which need not fit into memory', async () => {
    expect(await sent(Call.from(put()).with({ input: OTHER }))).toEqual([`PUT ${OTHER} 1 stream order`]);
  });

  it('sends its bytes in a browser, with each attempt', async () => {
    vi.stubGlobal('location', { href: 'https://page.test/' });

    const call = Call.from(put()).with({ input: OTHER });

    expect(call.replayable).toBe(true);
    expect(await sent(call)).toEqual([`PUT ${OTHER} 1 bytes order`, `PUT ${OTHER} 1 bytes order`]);
  });

  it('sends its bytes if the runtime does not show the body', async () => {
    const request = Object.defineProperty(put(), 'body', { value: undefined });

    expect(await sent(Call.from(request).with({ input: OTHER }))).toEqual([
      `PUT ${OTHER} 1 bytes order`,
      `PUT ${OTHER} 1 bytes order`,
    ]);
  });

  it('sends its bytes if it belongs to another package, whose fetch accepts no other Request', async () => {
    const foreign = put();
    vi.stubGlobal('Request', class extends Request {});

    expect(await sent(Call.from(foreign).with({ input: OTHER }))).toEqual([
      `PUT ${OTHER} 1 bytes order`,
      `PUT ${OTHER} 1 bytes order`,
    ]);
  });

  it.each([null, undefined])('sends its bytes if the body of init is %s, as fetch does', async (body) => {
    vi.stubGlobal('location', { href: 'https://page.test/' });

    const [first] = await sent(Call.from(put(), { body } as RequestInit).with({ input: OTHER }));

    expect(first).toBe(`PUT ${OTHER} 1 bytes order`);
  });

  it('sends the body of init instead, although its own is used', async () => {
    const request = put();
    await request.text();

    expect(await sent(Call.from(request, { body: 'other' }).with({ input: OTHER }))).toEqual([
      `PUT ${OTHER} 1 stream other`,
      `PUT ${OTHER} 1 stream other`,
    ]);
  });

  it('has none in a browser if the method has none', () => {
    vi.stubGlobal('location', { href: 'https://page.test/' });
    const request = Object.defineProperty(new Request(URL_), 'body', { value: undefined });

    expect(Call.from(request).with({ input: OTHER }).init).not.toHaveProperty('body');
  });

  it('has none if it cannot be read', () => {
    const plain = { url: URL_, method: 'PUT', headers: new Headers() } as unknown as Request;

    expect(Call.from(plain).with({ input: OTHER }).init).not.toHaveProperty('body');
  });

  it('rejects as fetch does if it is used', async () => {
    vi.stubGlobal('location', { href: 'https://page.test/' });
    const elsewhere = defineMiddleware((call, next) => next(call.with({ input: OTHER })));
    const request = put();
    await request.text();

    await expect(compose(elsewhere)(fetch)(request)).rejects.toBeInstanceOf(TypeError);
  });
});
