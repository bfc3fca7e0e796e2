import {
  bodyFactory,
  bufferBody,
  compose,
  idempotencyKey,
  type Middleware,
  retry,
  standard,
  timeout,
} from 'steadfetch';
import { claim, equal, errorOf } from './claims.ts';
import { Scene } from './scene.ts';
import type { Check } from './suite.ts';

const soon = { delay: () => 1 };

/** Every attempt carries the same bytes. */
const resends =
  (make: () => BodyInit, sent: string): Check =>
  async (place) => {
    const scene = new Scene(place, 503, 200);
    equal((await retry(soon)(scene.fetch)(scene.url, { method: 'PUT', body: make() })).status, 200, 'status');
    const bodies = (await scene.seen()).map(({ body }) => body);
    equal(bodies.length, 2, 'requests');
    for (const body of bodies) claim(body.includes(sent), `the server got '${body}'`);
  };

const bytes = (): Uint8Array<ArrayBuffer> => new TextEncoder().encode('bytes');

/** A body that breaks off is an attempt that failed, where it is buffered. */
const buffers =
  (fault: string): Check =>
  async (place) => {
    const scene = new Scene(place, { fault, size: 2_000 }, { body: 'whole' });
    const response = await compose(retry(soon), bufferBody())(scene.fetch)(scene.url);
    equal(await response.text(), 'whole', 'body');
  };

/** What comes of a `Request` through a stack is what comes of it through the bare `fetch`, its length among it, in each attempt. */
const arrives =
  (make: () => BodyInit, stack: Middleware = standard({ retry: soon }), added: Record<string, string> = {}): Check =>
  async (place) => {
    const send = async (layer: Middleware, headers: Record<string, string>) => {
      const scene = new Scene(place, 503, 200);
      const init = { method: 'PUT', body: make(), headers: { 'content-type': 'text/x', ...headers } };
      await layer(scene.fetch)(new Request(scene.url, init));
      return (await scene.seen()).map((seen) => JSON.stringify(seen));
    };
    const [bare] = await send((next) => next, added);
    const seen = await send(stack, {});
    equal(seen.length, 2, 'requests');
    for (const one of seen) equal(one, bare, 'request at the server, against bare fetch');
  };

const withKey = compose(idempotencyKey({ methods: ['PUT'], generate: () => 'k' }), standard({ retry: soon }));

export const bodies: Record<string, Check> = {
  'a Request gets the response that came': async (place) => {
    const scene = new Scene(place, { body: 'whole' });
    let came: Response | undefined;
    const fetch = async (...args: Parameters<typeof scene.fetch>) => (came = await scene.fetch(...args));
    const response = await standard()(fetch)(new Request(scene.url));
    claim(response === came, 'it is another response');
    equal(await response.text(), 'whole', 'body');
  },
  'a Request with a text arrives as by bare fetch': arrives(() => 'text'),
  'a Request with bytes arrives as by bare fetch': arrives(bytes),
  'a Request with a Blob arrives as by bare fetch': arrives(() => new Blob(['blob'])),
  'a Request with a text and a new key arrives as by bare fetch': arrives(() => 'text', withKey, {
    'idempotency-key': '"k"',
  }),
  'a string is sent again': resends(() => 'text', 'text'),
  'bytes are sent again': resends(bytes, 'bytes'),
  'an ArrayBuffer is sent again': resends(() => bytes().buffer, 'bytes'),
  'a Blob is sent again': resends(() => new Blob(['blob']), 'blob'),
  'URLSearchParams are sent again': resends(() => new URLSearchParams({ a: '1' }), 'a=1'),
  'a FormData is sent again': resends(() => {
    const form = new FormData();
    form.set('item', 'seven');
    return form;
  }, 'seven'),
  'a FormData with a Blob is sent again': resends(() => {
    const form = new FormData();
    form.set('photo', new Blob(['pixels'])); // which has no name in Bun
    return form;
  }, 'pixels'),
  'a body of a factory is sent again': resends(() => bodyFactory(() => 'fresh'), 'fresh'),
  'a body that is changed after the call is sent as it was': async (place) => {
    const scene = new Scene(place, 503, 200);
    const body = bytes();
    const call = retry(soon)(scene.fetch)(scene.url, { method: 'PUT', body });
    body.fill(0);
    await call;
    equal((await scene.seen()).map((one) => one.body).join(), 'bytes,bytes', 'bodies');
  },
  'a streamed answer comes in parts': async (place) => {
    // with a type: Firefox keeps the first bytes of a body without one to guess it, also with the bare fetch
    const headers = { 'content-type': 'application/octet-stream' };
    const scene = new Scene(place, { fault: 'drip', body: 'part of a stream; '.repeat(20), headers });
    const response = await standard()(scene.fetch)(scene.url);
    let parts = 0;
    const reader = response.body!.getReader();
    while (!(await reader.read()).done) parts++;
    claim(parts > 1, `${parts} parts`);
  },
  'an answer is a Response with its URL': async (place) => {
    const scene = new Scene(place, { body: '{"a":1}', headers: { 'content-type': 'application/json' } });
    const response = await standard({ bufferBody: true })(scene.fetch)(scene.url);
    claim(response instanceof Response, 'instanceof Response');
    equal(response.url, scene.url, 'url');
    equal(JSON.stringify(await response.clone().json()), '{"a":1}', 'a clone');
    equal(await response.text(), '{"a":1}', 'body');
  },
  'a body that is reset is repeated by bufferBody': buffers('reset-mid-body'),
  'a body that is cut is repeated by bufferBody': buffers('truncate'),
  'a body that stalls is cut by timeout': async (place) => {
    const scene = new Scene(place, { fault: 'stall-body', size: 2_000 });
    const response = await timeout({ headers: 5_000, body: 50 })(scene.fetch)(scene.url);
    equal(((await errorOf(response.text())) as Error).name, 'TimeoutError', 'name');
  },
  'an abort ends a body': async (place) => {
    const abort = new AbortController();
    const scene = new Scene(place, { fault: 'stall-body', size: 2_000 });
    const response = await standard()(scene.fetch)(scene.url, { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    equal(((await errorOf(response.text())) as Error).name, 'AbortError', 'name');
  },
  'a 204 and a HEAD have no body': async (place) => {
    const scene = new Scene(place, 204);
    const steady = standard({ bufferBody: true })(scene.fetch);
    equal((await steady(scene.url)).status, 204, 'status');
    equal(await (await steady(scene.url, { method: 'HEAD' })).text(), '', 'body');
  },
};
