import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Call, compose, defineMiddleware, drain, online } from '@steadfetch/core';
import { keepBody, releaseBody } from '@steadfetch/core/kit';
import { describe, expect, it, vi } from 'vitest';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');
const URL = 'https://api.example.com/';
const requestWithForm = (): Request => {
  const form = new FormData();
  form.append('name', 'report');
  form.append('file', new Blob(['x'.repeat(100_000)]), 'report.txt');
  return new Request(URL, { method: 'POST', body: form });
};

/** Waits until all of the body is read, and expects that this has left no error behind. */
async function expectReadQuietly(request: Request, end: () => unknown): Promise<void> {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  await end();
  await vi.waitFor(() => expect(request.body!.locked).toBe(false));
  await new Promise(setImmediate);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  expect(request.bodyUsed).toBe(true);
}

const callWith = (body: unknown, signal = AbortSignal.abort()) =>
  Call.from(URL, { method: 'PUT', body: body as BodyInit, signal });

describe('releaseBody', () => {
  it('cancels a stream that was given to a call that is aborted, with the reason, and destroys one of Node', () => {
    const web = { getReader: () => {}, cancel: vi.fn(async () => {}) };
    const node = { pipe: () => {}, readableDidRead: false, destroy: vi.fn() };

    releaseBody(callWith(web, AbortSignal.abort('gone')));
    releaseBody(callWith(node));

    expect(web.cancel.mock.calls).toEqual([['gone']]);
    expect(node.destroy).toHaveBeenCalledOnce();
  });

  it('neither throws nor rejects if nothing can be closed', async () => {
    const locked = new ReadableStream();
    locked.getReader();
    const broken = {
      pipe: () => {},
      readableDidRead: false,
      destroy: () => {
        throw new Error('no');
      },
    };

    for (const body of [locked, broken, 'text', new Uint8Array(1), undefined, null]) releaseBody(callWith(body));
    await new Promise(setImmediate);
  });

  it('leaves no error behind if a Request with a form is not sent', async () => {
    const request = requestWithForm();

    await expectReadQuietly(request, () => releaseBody(Call.from(request)));
  });

  it('cancels the stream of a Request whose type names a form that the caller has encoded', async () => {
    const cancel = vi.fn();
    const headers = { 'content-type': 'multipart/form-data; boundary=mine' };
    const init = { method: 'POST', headers, body: new ReadableStream({ cancel }), duplex: 'half' } as RequestInit;

    releaseBody(Call.from(new Request(URL, init)));

    expect(cancel).toHaveBeenCalledOnce();
  });
});

/** In Node 24 a form with a file that its owner closes before it was read ends the process, as ky closes each. */
describe('a Request with a form that no layer sends', () => {
  const refuses = defineMiddleware(() => {
    throw new Error('refused');
  });
  const closed = drain();
  void closed.close();

  it.each([
    ['a handler that throws', refuses, 'refused'],
    ['a client that is closed', closed, 'closed'],
  ])('leaves no error behind after %s', async (_what, middleware, message) => {
    const request = requestWithForm();

    await expectReadQuietly(request, async () => {
      await expect(middleware(fetch)(request)).rejects.toThrow(message);
      await request.body!.cancel().catch(() => {}); // as its owner does
    });
  });
});

/** A clone shares the source of its Request, which is closed when both are. */
describe('a Request whose clone is refused further inside', () => {
  const refuses = defineMiddleware(() => {
    throw new Error('refused');
  });
  const sendsTwice = defineMiddleware((call, next) => next(keepBody(call)).catch(() => next(keepBody(call))));
  const probes = online({ isOnline: () => false, target: new EventTarget() });

  it.each([
    ['a layer that sends it twice', sendsTwice],
    ['a layer that sends each of two twice', compose(sendsTwice, sendsTwice)],
    ['a probe of online()', probes],
  ])('has its stream cancelled behind %s', async (_what, middleware) => {
    const cancel = vi.fn();
    const init = { method: 'PUT', body: new ReadableStream({ cancel }), duplex: 'half' } as RequestInit;

    await expect(compose(middleware, refuses)(fetch)(new Request(URL, init))).rejects.toThrow('refused');

    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce());
  });
});

it('a Request without a body, which can be sent many times, does not keep its clones', async () => {
  const request = new Request(URL, { method: 'DELETE' });
  const clones: WeakRef<Request>[] = [];
  const keeps = defineMiddleware((call, next) => {
    const kept = keepBody(call);
    clones.push(new WeakRef(kept.input as Request));
    return next(kept);
  });
  const send = compose(keeps)(async () => new Response());

  for (let n = 0; n < 100; n++) await send(request);
  await new Promise(setImmediate);
  gc();

  expect(clones.filter((clone) => clone.deref() !== undefined).length).toBeLessThan(10);
  expect(request.bodyUsed).toBe(false);
});
