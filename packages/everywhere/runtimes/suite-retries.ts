import { compose, type Middleware, retry, standard, timeout } from 'steadfetch';
import { claim, equal, errorOf } from './claims.ts';
import { type Place, Scene, type Step } from './scene.ts';
import type { Check } from './suite.ts';

const soon = { delay: () => 1 };

/** A GET behind `retry()` answers 200 after so many requests. */
const recovers =
  (...steps: (Step | number)[]): Check =>
  async (place) => {
    const scene = new Scene(place, ...steps, 200);
    const response = await retry(soon)(scene.fetch)(scene.url);
    equal(response.status, 200, 'status');
    equal(scene.attempts, steps.length + 1, 'attempts');
  };

const sends = (place: Place, init: RequestInit, step: Step | number, middleware: Middleware = retry(soon)) => {
  const scene = new Scene(place, step, 200);
  return { scene, call: middleware(scene.fetch)(scene.url, init) };
};

export const retries: Record<string, Check> = {
  'GET 503 is repeated': recovers(503, 503),
  'GET 429 is repeated': recovers({ status: 429, headers: { 'retry-after': '0' } }),
  'GET reset is repeated': async (place) => {
    const scene = new Scene(place, { fault: 'reset' });
    await errorOf(retry(soon)(scene.fetch)(scene.url));
    equal(scene.attempts, 3, 'attempts');
  },
  'standard() repeats a 503': async (place) => {
    const scene = new Scene(place, 503, { body: 'fine' });
    const response = await standard({ retry: soon })(scene.fetch)(scene.url);
    equal(await response.text(), 'fine', 'body');
    await scene.hadRequests(2);
  },
  'Retry-After is waited for': async (place) => {
    const waits: number[] = [];
    const scene = new Scene(place, { status: 503, headers: { 'retry-after': '1' } }, 200);
    await retry({ hooks: { onRetry: ({ delay }) => waits.push(delay) } })(scene.fetch)(scene.url);
    claim(waits[0]! >= 1_000, `waited ${waits[0]} ms`);
  },
  'the last 503 is given back unread': async (place) => {
    const scene = new Scene(place, { status: 503, body: 'busy' });
    const response = await retry(soon)(scene.fetch)(scene.url);
    equal(response.bodyUsed, false, 'bodyUsed');
    equal(await response.text(), 'busy', 'body');
    await scene.hadRequests(3);
  },
  'a Request is repeated with its body': async (place) => {
    const scene = new Scene(place, 503, 200);
    const request = new Request(scene.url, { method: 'PUT', body: 'item 7', headers: { 'x-tenant': 'a' } });
    equal((await retry(soon)(scene.fetch)(request)).status, 200, 'status');
    equal((await scene.seen()).map(({ body }) => body).join(), 'item 7,item 7', 'bodies');
  },
  'a POST 503 is sent once': async (place) => {
    const { scene, call } = sends(place, { method: 'POST', body: 'x' }, 503);
    equal((await call).status, 503, 'status');
    await scene.hadRequests(1);
  },
  'a POST that is reset is sent once by us': async (place) => {
    await fetch(new Scene(place, 200).url); // a connection that is used again
    const { scene, call } = sends(place, { method: 'POST', body: 'x' }, { fault: 'reset' });
    await call.catch(() => {});
    equal(scene.attempts, 1, 'attempts');
    const seen = (await scene.seen()).length;
    const bare = new Scene(place, { fault: 'reset' }, 200);
    await bare.fetch(bare.url, { method: 'POST', body: 'x' }).catch(() => {});
    equal(seen, (await bare.seen()).length, 'requests at the server, against bare fetch');
    return seen > 1 ? 'resends-post' : undefined;
  },
  'a refused POST is sent once': async ({ refused, origin }) => {
    const scene = new Scene({ refused, origin });
    await errorOf(retry(soon)(scene.fetch)(refused, { method: 'POST', body: 'x' }));
    equal(scene.attempts, 1, 'attempts');
  },
  'a refused GET is repeated': async ({ refused, origin }) => {
    const scene = new Scene({ refused, origin });
    await errorOf(retry(soon)(scene.fetch)(refused));
    equal(scene.attempts, 3, 'attempts');
  },
  'a POST with a key is repeated with the same key': async (place) => {
    const { scene, call } = sends(place, { method: 'POST', body: 'x', headers: { 'idempotency-key': 'k' } }, 503);
    equal((await call).status, 200, 'status');
    equal((await scene.seen()).map(({ key }) => key).join(), 'k,k', 'keys');
  },
  'an abort before the call is the reason': async (place) => {
    const scene = new Scene(place, 200);
    const reason = new Error('gone');
    equal(await errorOf(retry()(scene.fetch)(scene.url, { signal: abortedBy(reason) })), reason, 'error');
    equal(scene.attempts, 0, 'attempts');
  },
  'an abort in a wait is the reason, at once': async (place) => {
    const abort = new AbortController();
    const reason = new Error('gone');
    const scene = new Scene(place, { status: 503, headers: { 'retry-after': '30' } });
    const hooks = { onRetry: () => void setTimeout(() => abort.abort(reason), 1) };
    equal(await errorOf(retry({ hooks })(scene.fetch)(scene.url, { signal: abort.signal })), reason, 'error');
    equal(scene.attempts, 1, 'attempts');
  },
  'an abort by a Request ends a wait': async (place) => {
    const abort = new AbortController();
    const scene = new Scene(place, { status: 503, headers: { 'retry-after': '30' } });
    const hooks = { onRetry: () => void setTimeout(() => abort.abort(), 1) };
    const request = new Request(scene.url, { signal: abort.signal });
    equal(((await errorOf(retry({ hooks })(scene.fetch)(request))) as Error).name, 'AbortError', 'name');
  },
  'an abort of a request is an abort': async (place) => {
    const abort = new AbortController();
    const scene = new Scene(place, { fault: 'stall-headers' });
    setTimeout(() => abort.abort(), 20);
    const error = await errorOf(retry()(scene.fetch)(scene.url, { signal: abort.signal }));
    equal((error as Error).name, 'AbortError', 'name');
    equal(scene.attempts, 1, 'attempts');
  },
  'an attempt that stalls is cut and repeated': async (place) => {
    const scene = new Scene(place, { fault: 'stall-headers' }, 200);
    const response = await compose(retry(soon), timeout(400))(scene.fetch)(scene.url);
    equal(response.status, 200, 'status');
    claim(scene.attempts > 1, `${scene.attempts} attempts`);
  },
  'a call that stalls ends as a TimeoutError': async (place) => {
    const scene = new Scene(place, { fault: 'stall-headers' });
    equal(((await errorOf(timeout(50)(scene.fetch)(scene.url))) as Error).name, 'TimeoutError', 'name');
  },
  'AbortSignal.timeout() of the caller is not repeated': async (place) => {
    const scene = new Scene(place, { fault: 'stall-headers' });
    const error = await errorOf(retry(soon)(scene.fetch)(scene.url, { signal: AbortSignal.timeout(50) }));
    equal((error as Error).name, 'TimeoutError', 'name');
    equal(scene.attempts, 1, 'attempts');
  },
};

function abortedBy(reason: unknown): AbortSignal {
  const abort = new AbortController();
  abort.abort(reason);
  return abort.signal;
}
