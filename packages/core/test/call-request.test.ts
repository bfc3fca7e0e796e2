import { Call, defineMiddleware, type Fetch } from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { describe, expect, it, vi } from 'vitest';
import { recorder } from './support/recorder.ts';

const URL_ = 'https://api.test/things?token=1';

const twice = defineMiddleware(async (call, next) => {
  await next(call);
  await Promise.resolve();
  return next(call.with({ attempt: 2 }));
});

describe('a Request that is sent with something else', () => {
  it('keeps its referrer, which fetch drops if there is any init', () => {
    const referrer = 'https://api.test/page';
    const request = new Request(URL_, { referrer, referrerPolicy: 'no-referrer' });
    const { init } = Call.from(request).with({ signal: new AbortController().signal });

    expect(init).toMatchObject({ referrer, referrerPolicy: 'no-referrer' });
  });

  it('keeps the dispatcher of its Request in a clone: Node 22 holds it under a symbol that a clone lacks', () => {
    const request = new Request('https://api.test/x', { method: 'PUT', body: 'x' });
    const proxy = { dispatch: () => true };
    const clone = Call.from(Object.assign(request, { [Symbol('dispatcher')]: proxy })).withClone();

    expect(clone.init).toMatchObject({ dispatcher: proxy, signal: request.signal });
  });

  it('keeps its signal in a clone, if init has none', () => {
    const request = new Request(URL_, { method: 'PUT', body: 'x' });
    const { signal } = new AbortController();

    expect(keepBody(Call.from(request)).init?.signal).toBe(request.signal);
    expect(keepBody(Call.from(request, { signal })).init?.signal).toBe(signal);
    expect(keepBody(Call.from(request, { signal: null })).init?.signal).toBeNull();
  });

  it('keeps the length of a body in Deno, which loses it once the body was accessed', () => {
    const request = new Request(URL_, { method: 'PUT', body: 'x' });
    const look = vi.fn(() => null);
    Object.defineProperty(request, 'body', { get: look });

    expect(keepBody(Call.from(request)).input).not.toBe(request);
    expect(look).not.toHaveBeenCalled();
  });

  it('is sent as it is while its headers are unchanged, and otherwise with its original headers', async () => {
    const { seen, fetch } = recorder();
    const request = new Request(URL_, { headers: { a: '1' } });

    const call = twice(fetch)(request);
    request.headers.set('a', '2');
    await call;

    expect(seen[0]).toEqual({ input: request, init: undefined });
    expect(new Request(seen[1]!.input, seen[1]!.init).headers.get('a')).toBe('1');
  });

  it('keeps in each attempt the headers that a fetch inside adds, as fetch-cookie does', async () => {
    const sent: (string | null)[] = [];
    const withCookie: Fetch = async (input, init) => {
      (input as Request).headers.append('cookie', 'a=1');
      sent.push(new Request(input, init).headers.get('cookie'));
      return new Response();
    };

    await twice(withCookie)(new Request(URL_));

    expect(sent).toEqual(['a=1', 'a=1']);
  });

  it('keeps the headers of the call if a fetch inside passes on the Request alone, as OpenTelemetry does', async () => {
    const { seen, fetch } = recorder();
    const withKey = defineMiddleware((call, next) => next(call.with({ headers: { 'idempotency-key': '"1"' } })));
    const alone: Fetch = (input) => fetch(input);

    await withKey(alone)(new Request(URL_, { method: 'POST', body: 'x', headers: { a: '1' } }));

    const sent = seen[0]!.input as Request;
    expect([...sent.headers]).toEqual([['idempotency-key', '"1"']]);
    expect(await sent.text()).toBe('x');
  });

  it("keeps the headers of the caller's init if a fetch inside adds to them", async () => {
    const { seen, fetch } = recorder();
    const adds: Fetch = (input, init) =>
      fetch(input, { ...init, headers: { ...(init?.headers as object), trace: '1' } });
    const through = defineMiddleware((call, next) => next(call))(adds);
    await through(new Request(URL_, { headers: { a: '1' } }), { headers: { authorization: 'mine' } });
    const { input, init } = seen[0]!;
    expect([...new Request(input, init).headers]).toEqual([
      ['authorization', 'mine'],
      ['trace', '1'],
    ]);
  });

  it.each([undefined, {}, { retry: false }])('keeps its referrer beside an init without members: %o', async (init) => {
    const { seen, fetch } = recorder();
    const through = defineMiddleware((call, next) => next(call.with({ signal: new AbortController().signal })))(fetch);
    await through(new Request(URL_, { referrerPolicy: 'no-referrer' }), init as RequestInit);
    expect(seen[0]!.init).toMatchObject({ referrerPolicy: 'no-referrer' });
  });

  it('loses its referrer beside an init with members, as with a bare fetch', async () => {
    const { seen, fetch } = recorder();
    const through = defineMiddleware((call, next) => next(call.with({ signal: new AbortController().signal })))(fetch);
    await through(new Request(URL_, { referrerPolicy: 'no-referrer' }), { headers: { a: '1' } });
    expect(seen[0]!.init).not.toHaveProperty('referrerPolicy');
  });

  it('is aborted if a fetch inside passes on the Request alone', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const withKey = defineMiddleware((call, next) =>
      next(call.with({ headers: { 'idempotency-key': '"1"' }, signal })),
    );
    const hanging: Fetch = (input) =>
      new Promise((_, reject) => {
        const { signal: own } = input as Request;
        own.addEventListener('abort', () => reject(own.reason));
      });

    const call = withKey(hanging)(new Request(URL_, { method: 'POST', body: 'x' }));
    controller.abort('enough');

    await expect(call).rejects.toBe('enough');
  });

  it('is still aborted after its response if a fetch inside passes on the Request alone', async () => {
    const { seen, fetch } = recorder();
    const controller = new AbortController();
    const { signal } = controller;
    const withKey = defineMiddleware((call, next) => next(call.with({ headers: { 'idempotency-key': '"1"' } })));
    const alone: Fetch = (input) => fetch(input);

    await withKey(alone)(new Request(URL_, { method: 'POST', body: 'x', signal }));
    controller.abort('enough');

    expect((seen[0]!.input as Request).signal.reason).toBe('enough');
  });

  it('keeps its referrer policy if a fetch inside passes on the Request alone', async () => {
    const { seen, fetch } = recorder();
    const withKey = defineMiddleware((call, next) => next(call.with({ headers: { 'idempotency-key': '"1"' } })));
    const alone: Fetch = (input) => fetch(input);

    await withKey(alone)(new Request(URL_, { method: 'POST', body: 'x', referrerPolicy: 'no-referrer' }));

    expect((seen[0]!.input as Request).referrerPolicy).toBe('no-referrer');
  });

  it('may be of another realm than the signal of the call, as in jsdom', async () => {
    const { seen, fetch } = recorder();
    const signal = new EventTarget() as AbortSignal;
    const other = defineMiddleware((call, next) => next(call.with({ headers: { a: '1' }, signal })));

    await other(fetch)(new Request(URL_, { method: 'POST', body: 'x' }));

    const sent = seen[0]!.input as Request;
    expect([sent.headers.get('a'), await sent.text()]).toEqual(['1', 'x']);
  });

  it('may belong to another package, and has its original headers in the init', async () => {
    const { seen, fetch } = recorder();
    const request = { url: URL_, headers: new Headers({ a: '1' }) } as unknown as Request;

    const call = twice(fetch)(request);
    request.headers.set('a', '2');
    await call;

    expect(seen[1]!.input).toBe(request);
    expect(new Headers(seen[1]!.init!.headers).get('a')).toBe('1');
  });

  it('is sent without the default referrer: Node hangs with it if URL was replaced', () => {
    const { signal } = new AbortController();

    expect(Call.from(new Request(URL_)).with({ signal }).init).toEqual({ signal });
  });

  it('is sent as it is if there is none, so that fetch makes the error', async () => {
    const { seen, fetch } = recorder();
    const { signal } = new AbortController();

    await defineMiddleware((call, next) => next(call.with({ signal })))(fetch)(undefined as unknown as string);

    expect(seen).toEqual([{ input: undefined, init: { signal } }]);
  });

  it('may have headers that cannot be read', () => {
    const odd = { url: URL_, headers: { 'a b': '\n' } } as unknown as Request;

    expect(Call.from(odd).url).toBe(URL_);
  });
});
