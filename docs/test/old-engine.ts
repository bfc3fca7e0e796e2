// Plays all layers in an engine that has no more than docs/runtimes.md asks for, and prints the outcomes of the calls.
import { bufferBody, compose, idempotencyKey, online, rateLimit, retry, standard, timeout } from 'steadfetch';

const ITERATOR: object = Object.getPrototypeOf(Object.getPrototypeOf([].values()));

/** What came later than `findLast`, without what the `fetch` of Node itself needs. */
const LATER: readonly (readonly [owner: object, names: readonly string[]])[] = [
  [Array.prototype, ['toReversed', 'toSorted', 'toSpliced', 'with']],
  [Array, ['fromAsync']],
  [ArrayBuffer.prototype, ['resize', 'transfer', 'transferToFixedLength']],
  [Map, ['groupBy']],
  [Object, ['groupBy']],
  [Promise, ['try', 'withResolvers']],
  [RegExp, ['escape']],
  [Set.prototype, ['difference', 'intersection', 'isDisjointFrom', 'isSubsetOf', 'isSupersetOf', 'union']],
  [ITERATOR, ['drop', 'every', 'filter', 'find', 'flatMap', 'forEach', 'map', 'reduce', 'some', 'take', 'toArray']],
  [AbortSignal, ['any', 'timeout']],
  [AbortSignal.prototype, ['throwIfAborted']],
  [Headers.prototype, ['getSetCookie']],
  [ReadableStream, ['from']],
  [Response.prototype, ['bytes']],
  [Response, ['json']],
  [URL, ['canParse', 'parse']],
  [globalThis, ['structuredClone']],
];

for (const [owner, names] of LATER) for (const name of names) Reflect.deleteProperty(owner, name);

const quota = { 'ratelimit-limit': '10', 'ratelimit-remaining': '9', 'ratelimit-reset': '1' };

/** Fails, is busy, refuses, and then answers. */
function flaky(): typeof fetch {
  const steps = [
    () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })),
    async () => new Response('busy', { status: 503 }),
    async () => new Response('full', { status: 429, headers: { ...quota, 'retry-after': '0' } }),
  ];
  return () => (steps.shift() ?? (async () => new Response('fine', { headers: quota })))();
}

const soon = { delay: () => 1, maxRetries: 5 };
const stacks = [
  retry(soon),
  standard({ retry: soon, circuitBreaker: true, concurrency: 2, rateLimit: true }),
  compose(timeout(5_000), idempotencyKey(), retry(soon), online(), rateLimit(), timeout({ body: 1_000 }), bufferBody()),
];
for (const stack of stacks) {
  const call = stack(flaky());
  for (const method of ['PUT', 'GET']) {
    const init = { method, ...(method === 'PUT' && { body: 'text' }) };
    console.log(await (await call('https://api.example.com/items', init)).text());
  }
}
