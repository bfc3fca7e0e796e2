import { compose, defineMiddleware } from '@steadfetch/core';
import { afterEach, describe, expect, it, vi } from 'vitest';

/** As in msw 2 and nock 14: a copy of the Headers of a Request has only what came last, here nothing. */
const Real = Headers;
class CopiesNothing extends Real {
  constructor(init?: HeadersInit) {
    super(init instanceof Real && !(init instanceof CopiesNothing) ? undefined : init);
  }
}

describe('where a mock has replaced Headers', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('keeps the headers of a Request and of a copied init', async () => {
    const request = new Request('https://api.test/', { method: 'PUT', body: 'a', headers: { authorization: 'mine' } });
    vi.stubGlobal('Headers', CopiesNothing);
    const sent: unknown[] = [];
    const layer = defineMiddleware((call, next) => {
      sent.push(call.headers.get('authorization'));
      return next(call);
    });
    const steady = compose(layer)(async (input, init) => {
      sent.push(new Headers([...((init?.headers ?? (input as Request).headers) as Headers)]).get('authorization'));
      return new Response();
    });

    await steady(request);
    await steady('https://api.test/', { headers: request.headers });

    expect(sent).toEqual(['mine', 'mine', 'mine', 'mine']);
  });
});
