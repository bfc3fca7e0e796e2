import { Call, dropBody } from '@steadfetch/core';
import { describe, expect, it, vi } from 'vitest';

const URL = 'https://api.example.com/';
const callWith = (body: unknown) => Call.from(URL, { method: 'PUT', body: body as BodyInit });

describe('dropBody', () => {
  it('cancels a stream with the reason, and destroys one of Node', () => {
    const web = { getReader: () => {}, cancel: vi.fn(async () => {}) };
    const node = { pipe: () => {}, destroy: vi.fn() };

    dropBody(callWith(web), 'gone');
    dropBody(callWith(node), 'gone');

    expect(web.cancel).toHaveBeenCalledWith('gone');
    expect(node.destroy).toHaveBeenCalledOnce();
  });

  it('uses the body of a Request up, as fetch does', () => {
    const request = new Request(URL, { method: 'PUT', body: 'x' });

    dropBody(Call.from(request), 'gone');

    expect(request.bodyUsed).toBe(true);
  });

  it('neither throws nor rejects where nothing can be let go', async () => {
    const locked = new ReadableStream();
    locked.getReader();
    const broken = {
      pipe: () => {},
      destroy: () => {
        throw new Error('no');
      },
    };

    for (const body of [locked, broken, 'text', new Uint8Array(1), undefined, null]) dropBody(callWith(body), 'gone');
    await new Promise(setImmediate);
  });
});
