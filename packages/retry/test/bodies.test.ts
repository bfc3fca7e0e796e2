import { bodyFactory, compose, defineMiddleware, type Fetch } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { API, scripted } from './support.ts';

/** A fetch that reads every body it is sent, as the network would, and answers 503 until `failures` are used up. */
function reading(failures: number) {
  const bodies: string[] = [];
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    bodies.push(await request.text());
    return new Response(null, { status: bodies.length > failures ? 200 : 503 });
  };
  return { fetch, bodies };
}

const quick = () => ({ clock: instantClock(), budget: false as const });

describe('a request body', () => {
  it.each([
    ['string', () => 'data'],
    ['bytes', () => new TextEncoder().encode('data')],
    ['ArrayBuffer', () => new TextEncoder().encode('data').buffer],
    ['Blob', () => new Blob(['data'])],
    ['URLSearchParams', () => new URLSearchParams('data')],
  ])('of kind %s is the same on every attempt', async (_kind, make) => {
    const { fetch, bodies } = reading(2);

    await retry(quick())(fetch)(API, { method: 'PUT', body: make() });

    expect(bodies.map((body) => body.replace('=', ''))).toEqual(['data', 'data', 'data']);
  });

  it('in a form is the same on every attempt', async () => {
    const { fetch, bodies } = reading(1);
    const form = new FormData();
    form.append('file', new File(['data'], 'name.txt'));

    await retry(quick())(fetch)(API, { method: 'PUT', body: form });

    for (const body of bodies) expect(body).toMatch(/filename="name.txt"[\s\S]*data/);
  });

  it('in a Request is the same on every attempt, which clones it while a retry may follow', async () => {
    const { fetch, bodies } = reading(2);
    const clone = vi.spyOn(Request.prototype, 'clone');

    await retry(quick())(fetch)(new Request(API, { method: 'PUT', body: 'data' }));

    expect(bodies).toEqual(['data', 'data', 'data']);
    expect(clone).toHaveBeenCalledTimes(2);
    clone.mockRestore();
  });

  it('in a Request is not cloned when the call cannot be repeated, or has no body', async () => {
    const clone = vi.spyOn(Request.prototype, 'clone');
    const { fetch, bodies } = reading(9);

    await retry(quick())(fetch)(new Request(API, { method: 'POST', body: 'a' }));
    await retry({ ...quick(), maxRetries: 0 })(fetch)(new Request(API, { method: 'PUT', body: 'b' }));
    await retry(quick())(fetch)(new Request(API));

    expect(bodies).toEqual(['a', 'b', '', '', '']);
    expect(clone).not.toHaveBeenCalled();
    clone.mockRestore();
  });

  it('in a Request that cannot be cloned is sent once', async () => {
    const { fetch, bodies } = reading(2);
    const request = new Request(API, { method: 'PUT', body: 'data' });
    request.clone = () => {
      throw new TypeError('no clone');
    };

    expect((await retry(quick())(fetch)(request)).status).toBe(503);
    expect(bodies).toEqual(['data']);
  });

  it('in a Request is used when the call ends, as fetch would leave it', async () => {
    const { fetch } = reading(0);
    const request = new Request(API, { method: 'PUT', body: 'data' });

    await retry(quick())(fetch)(request);

    expect(request.bodyUsed).toBe(true);
  });

  it.each([
    ['at once', 0],
    ['to a retry', 1],
  ])('in a Request is cancelled when a layer answers %s without sending it', async (_when, failures) => {
    const cancel = vi.fn();
    const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(10));
    const init = { method: 'PUT', body: new ReadableStream({ pull, cancel }), duplex: 'half' } as RequestInit;
    let asked = 0;
    const cache = defineMiddleware(async () => new Response(null, { status: asked++ < failures ? 503 : 200 }));

    await compose(retry(quick()), cache)(fetch)(new Request(API, init));

    await vi.waitFor(() => expect(cancel).toHaveBeenCalled());
  });

  it('in init overrides the body of the Request', async () => {
    const { fetch, bodies } = reading(1);
    const request = new Request(API, { method: 'PUT', body: 'old' });

    await retry(quick())(fetch)(request, { body: 'new' });

    expect(bodies).toEqual(['new', 'new']);
  });

  it('that is a stream is handed on as it is, once: no copy of it is kept', async () => {
    const tee = vi.spyOn(ReadableStream.prototype, 'tee');
    const body = new ReadableStream();
    const { fetch, requests } = scripted(503);

    await retry(quick())(fetch)(API, { method: 'PUT', body, duplex: 'half' } as RequestInit);

    expect(requests.map(({ init }) => init!.body)).toEqual([body]);
    expect(requests[0]!.init!.body).toBe(body);
    expect(tee).not.toHaveBeenCalled();
    tee.mockRestore();
  });
});

describe('a discarded response', () => {
  it('is read to its end or cancelled, and never waited for', async () => {
    const cancelled = vi.fn(() => new Promise<void>(() => {}));
    const stalled = new Response(new ReadableStream({ cancel: cancelled }), { status: 503 });
    const small = new Response('sorry', { status: 503 });

    const response = await retry(quick())(scripted(small, stalled, 200).fetch)(API);

    expect(response.status).toBe(200);
    expect(small.bodyUsed).toBe(true);
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled());
  });

  it('is cancelled if the body was made for the attempt, since a refused upload is not sent to its end', async () => {
    const cancelled = vi.fn();
    const refusal = () =>
      new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1)), cancel: cancelled }), {
        status: 503,
      });
    const upload = { method: 'PUT', body: bodyFactory(() => new Blob(['file']).stream()) };

    const response = await retry(quick())(scripted(refusal(), refusal(), 200).fetch)(API, upload);

    expect(response.status).toBe(200);
    expect(cancelled).toHaveBeenCalledTimes(2);
  });

  it('that a condition cloned does not hang the call', async () => {
    const shouldRetry = async ({ response }: { response?: Response }) => {
      response?.clone();
      return undefined;
    };

    const response = await retry({ ...quick(), shouldRetry })(scripted({ status: 503, body: 'x' }, 200).fetch)(API);

    expect(response.status).toBe(200);
  });
});
