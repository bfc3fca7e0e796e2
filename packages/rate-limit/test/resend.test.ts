import { compose, defineMiddleware, type Fetch, type Middleware } from '@steadfetch/core';
import { originOf } from '@steadfetch/core/kit';
import { fakeFetch, instantClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type RateLimitGiveUpEvent, type RateLimitOptions, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/jobs';
const busy = { status: 503, headers: { 'retry-after': '1' } };

/** Sends one call to a server that refuses it once, and gives the status and the reason it was not sent again. */
async function once(first: number | object, init: RequestInit, options: RateLimitOptions = {}) {
  const events: RateLimitGiveUpEvent[] = [];
  const fetch = fakeFetch([first as 429, 200]);
  const limited = rateLimit({ clock: instantClock(), hooks: { onGiveUp: (event) => events.push(event) }, ...options })(
    fetch,
  );
  const { status } = await limited(URL, init);
  return { status, reason: events[0]?.reason, bodies: fetch.calls.length };
}

describe('what is sent again', () => {
  it.each(['GET', 'POST', 'PATCH', 'DELETE'])('a %s after a 429', async (method) => {
    expect(await once(429, { method })).toMatchObject({ status: 200 });
  });

  it.each([
    ['GET', {}, 200],
    ['PUT', {}, 200],
    ['POST', {}, 503],
    ['POST', { 'idempotency-key': '"a"' }, 200],
    ['POST', { 'idempotency-key': ' ' }, 503],
  ])('a %s with %o after a 503 that asks for a wait: ends with %d', async (method, headers, status) => {
    expect((await once(busy, { method, headers })).status).toBe(status);
  });

  it('no POST that a layer inside repeated with a key that nobody outside knows', async () => {
    const fetch = fakeFetch([503, 429, 200]);
    const twice: Middleware = defineMiddleware(async (call, next) => {
      const keyed = call.with({ headers: { 'idempotency-key': `"${fetch.calls.length}"` } });
      const first = await next(keyed);
      return first.status === 503 ? next(keyed) : first;
    });

    const { status } = await compose(rateLimit({ clock: instantClock() }), twice)(fetch)(URL, { method: 'POST' });

    expect([status, fetch.calls.length]).toEqual([429, 2]);
  });

  it.each<[string, Middleware, number[], number]>([
    ['a POST', (next) => (input, init) => next(input, { ...init }), [429, 200], 200],
    [
      'no POST that the wrapper repeats',
      (next) =>
        (...args) =>
          next(...args).then(() => next(...args)),
      [503, 429, 200],
      429,
    ],
  ])('%s, with a foreign wrapper between layers of ours', async (_what, wrapper, answers, expected) => {
    const passOn = defineMiddleware((call, next) => next(call));
    const outer = defineMiddleware((call, next) => next(call.with({ retried: true })));
    const fetch = compose(outer, rateLimit({ clock: instantClock() }), wrapper, passOn)(fakeFetch(answers as 429[]));

    expect((await fetch(URL, { method: 'POST' })).status).toBe(expected);
  });

  it.each([
    ['no POST', 'POST', '/jobs/1', { redirected: true }, 429],
    ['no POST, where the URL alone tells it', 'POST', '/jobs/1', {}, 429],
    ['no POST, where the query alone differs', 'POST', '/jobs?made=1', {}, 429],
    ['a GET', 'GET', '/jobs/1', {}, 200],
    ['a POST whose URL is its own, spelled otherwise', 'POST', '/x/../%6Aobs#top', {}, 200],
    ['no POST, to a path that ends with the one asked for', 'POST', '/users/7/jobs', {}, 429],
    ['a POST whose URL has got a base in front', 'POST', 'https://other.example.com/api/v1/jobs', {}, 200],
    ['no POST whose URL cannot be unescaped', 'POST', '/jobs/%E0', {}, 429],
    ['a POST where the response says that there was none', 'POST', '/jobs/1', { redirected: false }, 200],
    ['a POST where the response has no URL', 'POST', undefined, {}, 200],
  ])('where a redirect may have been followed: %s', async (_, method, path, members, status) => {
    const url = path?.startsWith('/') ? `${originOf(URL)}${path}` : path;
    const first = Object.defineProperties(new Response(null, { status: 429 }), {
      ...(url && { url: { value: url } }),
      ...('redirected' in members && { redirected: { value: members.redirected } }),
    });
    const answers = [first, new Response()];

    const response = await rateLimit({ clock: instantClock() })(async () => answers.shift()!)(URL, { method });

    expect(response.status).toBe(status);
  });

  it.each([
    ['/jobs', '/jobs/1', 429],
    ['/jobs', '/jobs', 200],
    ['/jobs%2F1', '/jobs/1', 429],
    ['/jobs?of=a%2Bb', '/jobs?of=a+b', 429],
    ["/jobs?of=it's|%7E", '/jobs?of=it%27s%7C~', 200],
  ])(
    'where a response has no member that tells a redirect, as that of impit: a POST to %s answered by %s',
    async (asked, path, status) => {
      class Untold extends Response {
        override get redirected() {
          return undefined as never;
        }
        override get url() {
          return `${originOf(URL)}${path}`;
        }
      }
      const answers = [new Untold(null, { status: 429 }), new Untold()];

      const response = await rateLimit({ clock: instantClock() })(async () => answers.shift()!)(originOf(URL) + asked, {
        method: 'POST',
      });

      expect(response.status).toBe(status);
    },
  );

  it('a POST whose address a fetch inside has changed, as to add a key of the API', async () => {
    const fetch = fakeFetch([429, 200]);
    const withKey: Fetch = (input, init) => fetch(`${input}?key=1`, init);

    const response = await rateLimit({ clock: instantClock() })(withKey)(URL, { method: 'POST' });

    expect(response.status).toBe(200);
  });

  it('a call that a mock refused, whose fields cannot be listed', async () => {
    const answers = [
      { status: 429, headers: { get: () => null } },
      { status: 200, headers: { get: () => null } },
    ];
    const fetch = async () => answers.shift() as unknown as Response;

    expect((await rateLimit({ clock: instantClock() })(fetch)(URL)).status).toBe(200);
  });

  it.each([0, 1])('no call that may not wait for as long as it must, though %i s are asked for', async (seconds) => {
    const first = { status: 429, headers: { 'retry-after': String(seconds) } };
    expect(await once(first, {}, { maxWait: 0 })).toMatchObject({ status: 429, reason: 'max-wait', bodies: 1 });
  });

  it('only the methods that are named', async () => {
    expect(await once(429, { method: 'POST' }, { methods: ['get'] })).toMatchObject({ status: 429, reason: 'method' });
    expect(await once(busy, { method: 'post' }, { methods: ['POST'] })).toMatchObject({ status: 200 });
  });

  it.each([
    ['a 503 without a wait', 503, 503],
    ['a 403 that is none of the statuses', { status: 403, headers: { 'retry-after': '1' } }, 403],
    ['a 500', 500, 500],
  ])('not %s', async (_, first, status) => {
    expect(await once(first, {})).toMatchObject({ status, bodies: 1 });
  });

  it('a 403 that is one of the statuses, if it proves to be about the rate', async () => {
    const statuses = [403, 429];

    expect(await once({ status: 403, headers: { 'retry-after': '1' } }, {}, { statuses })).toMatchObject({
      status: 200,
    });
    expect(await once(403, {}, { statuses })).toMatchObject({ status: 403 });
  });

  it('a status of its own without evidence', async () => {
    expect(await once(420, {}, { statuses: [420] })).toMatchObject({ status: 200 });
  });

  it('not a stream', async () => {
    const body = new Blob(['once']).stream();

    const end = await once(429, { method: 'POST', body, duplex: 'half' } as RequestInit);

    expect(end).toMatchObject({ status: 429, reason: 'body-not-replayable' });
  });

  it('the body of a Request, each time in full', async () => {
    const bodies: string[] = [];
    const server: Fetch = async (input, init) => {
      bodies.push(await new Request(input, init).text());
      return new Response(null, { status: bodies.length < 3 ? 429 : 200 });
    };
    const request = new Request(URL, { method: 'POST', body: 'all of it' });

    const response = await rateLimit({ clock: instantClock() })(server)(request);

    expect(response.status).toBe(200);
    expect(bodies).toEqual(['all of it', 'all of it', 'all of it']);
  });

  it('a Request without a copy when there is no sending again', async () => {
    const inputs: unknown[] = [];
    const server: Fetch = async (input) => {
      inputs.push(input);
      return new Response(null, { status: 429 });
    };
    const request = new Request(URL, { method: 'POST', body: 'all of it' });

    await rateLimit({ clock: instantClock(), maxResends: 0 })(server)(request);

    expect(inputs).toEqual([request]);
    expect(inputs[0]).toBe(request);
  });
});

describe('the key of rateLimit', () => {
  it('can give each path a gate of its own', async () => {
    const limiter = rateLimit({
      key: ({ url, origin }) => origin + new globalThis.URL(url).pathname,
      clock: instantClock(),
    });
    const limited = limiter(fakeFetch([200]));

    await limited(`${URL}?page=1`);
    await limited(`${originOf(URL)}/users`);

    expect(limiter.snapshot().map(({ key }) => key)).toEqual([URL, 'https://api.example.com/users']);
  });

  it('may be different for every call: those of the past are forgotten', async () => {
    const limiter = rateLimit({ key: ({ url }) => url, clock: instantClock() });
    const limited = limiter(fakeFetch([200]));

    for (let n = 0; n < 1_010; n++) await limited(`${URL}/${n}`);

    expect(limiter.snapshot()).toHaveLength(1_000);
  });

  it('is not forgotten while a call of it is on its way', async () => {
    const limiter = rateLimit({ key: ({ url }) => url, clock: instantClock() });
    const limited = limiter(fakeFetch([{ fault: 'stall-headers' }, 200]));
    const caller = new AbortController();
    const hung = limited(`${URL}/hung`, { signal: caller.signal });

    for (let n = 0; n < 1_010; n++) await limited(`${URL}/${n}`);

    expect(limiter.snapshot()).toHaveLength(1_000);
    expect(limiter.snapshot()[0]).toMatchObject({ key: `${URL}/hung`, inFlight: 1 });
    caller.abort();
    await expect(hung).rejects.toBe(caller.signal.reason);
  });
});
