import { Call, releaseBody } from '@steadfetch/core';
import { describe, expect, it, vi } from 'vitest';

const URL = 'https://api.example.com/';
const callWith = (body: unknown) => Call.from(URL, { method: 'PUT', body: body as BodyInit });

describe('releaseBody', () => {
  it('cancels a stream that was given, and destroys one of Node', () => {
    const web = { getReader: () => {}, cancel: vi.fn(async () => {}) };
    const node = { pipe: () => {}, readableDidRead: false, destroy: vi.fn() };

    releaseBody(callWith(web));
    releaseBody(callWith(node));

    expect(web.cancel).toHaveBeenCalledOnce();
    expect(node.destroy).toHaveBeenCalledOnce();
  });

  it('neither throws nor rejects where nothing can be closed', async () => {
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
});
