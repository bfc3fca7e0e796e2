import { type Fetch, settle } from '@steadfetch/core';
import { KINDS, ofKind, TRANSIENT } from './aborted-call.ts';
import { CONTRACT_URL, type ContractCheck, inTime, MAX_WAIT_MS, type Make, same } from './contract-claim.ts';
import { keepsContexts } from './contract-contexts.ts';
import { asksForATokenAgain, keepsApart } from './contract-kept.ts';
import { sendsOnce, sendsOneKey } from './contract-orders.ts';
import { ending, endless, FAILURES, probe, REPEATED, readingAll, untilItWaits } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/** The answers joined, or the first error as text. */
function joined(answers: Promise<string>[]): Promise<string> {
  return Promise.all(answers).then(String, String);
}

/** Concurrent calls, and a later call, each get their own response. */
async function answersEach(make: Make): Promise<void> {
  const { fetch } = probe(async ({ url, method, headers, request }) => {
    for (let turns = 10 - Number(url.at(-1)); turns > 0; turns--) await macrotask();
    request.signal.throwIfAborted();
    return new Response(method === 'HEAD' ? null : `${url} ${headers.get('x-a')} ${await request.text()}`);
  });
  const steady = make()(fetch);
  const calls = Array.from({ length: 10 }, async (_, index) => {
    const init = { method: 'PUT', headers: { 'x-a': String(index) }, body: String(index) };
    return (await steady(CONTRACT_URL + index, init)).text();
  });
  const expected = calls.map((_, index) => `${CONTRACT_URL + index} ${index} ${index}`);
  same(await joined(calls), expected.join(), 'the answers');
  const languages = ['de', 'en', 'de'];
  // many middlewares deduplicate only one of these forms
  for (const init of [{}, { method: 'GET' }]) {
    const pages = languages.map(async (name) => {
      const headers = new Headers({ 'x-a': name }); // JSON.stringify shows no entries of Headers
      return (await steady(CONTRACT_URL, { ...init, headers })).text();
    });
    same(await joined(pages), languages.map((name) => `${CONTRACT_URL} ${name} `).join(), 'the answers');
  }
  const requests = languages.map(async (name) => (await steady(new Request(CONTRACT_URL + name))).text());
  const expectedOfRequests = languages.map((name) => `${CONTRACT_URL}${name} null `).join();
  same(await joined(requests), expectedOfRequests, 'the answers');
  const both = ['GET', 'HEAD'].map(async (method) => (await steady(`${CONTRACT_URL}&both`, { method })).text());
  same(await joined(both), `${CONTRACT_URL}&both null ,`, 'the answers to a GET and a HEAD');
  const later = await steady(CONTRACT_URL, { headers: { 'x-a': 'fr' } }); // a cache has two responses by now
  same(await later.text(), `${CONTRACT_URL} fr `, 'the answer to a later call');
  const puts = languages.map(async (body) => (await steady(CONTRACT_URL, { method: 'PUT', body })).text());
  same(await joined(puts), languages.map((body) => `${CONTRACT_URL} null ${body}`).join(), 'the answers');
}

/** An abort of one call must not end another call that waits at the same time. */
async function endsByItsOwnSignal(make: Make): Promise<void> {
  const refusals = REPEATED.map(([status]): [string, Fetch] => [
    `after a ${status}`,
    async () => new Response('not now', { status, headers: { 'retry-after': '5' } }),
  ]);
  const { fetch: renewed } = probe(async ({ url, request }) =>
    url === CONTRACT_URL ? new Response('who are you?', { status: 401 }) : endless().fetch(request),
  );
  const open = [['that is not answered', endless().fetch] as const, ['that waits for a token', renewed] as const];
  const all = KINDS.flatMap((kind) => [...refusals, ...open].map((one) => [kind, ...one] as const));
  const ends = all.map(async ([kind, when, next]) => {
    const [first, second] = [new AbortController(), new AbortController()];
    const both = ofKind(kind, make()(next));
    const [aborted, other] = [first, second].map(({ signal }) => settle(both(CONTRACT_URL, { signal })));
    await untilItWaits();
    first.abort('another call');
    await inTime(aborted!);
    const end = await inTime(other!);
    second.abort();
    same(end?.error === 'another call', false, `whether a ${kind} ${when} ends by the signal of another`);
  });
  await Promise.all(ends);
}

/** Calls that fail at the same time must each be repeated with their own method, headers and body. */
async function repeatsEach(make: Make): Promise<void> {
  for (const { when, status, fail } of FAILURES) {
    const before = new Set<string>();
    const { fetch: busy, asked } = probe(async ({ url, headers: given, request }) => {
      if (!before.has(url)) return before.add(url) && fail();
      return new Response(`${url} ${given.get('x-a')} ${await request.text()}`);
    });
    const again = make()(busy);
    for (const [names, method] of [
      ['012', 'PUT'],
      ['345', 'GET'], // many middlewares repeat only GET
    ] as const) {
      const { signal, abort } = ending();
      const three = [...names].map(async (name) => {
        const body = method === 'PUT' ? name : '';
        const init = { method, headers: { 'x-a': name }, ...(body && { body }), signal };
        const end = await settle(again(CONTRACT_URL + name, init));
        // the call was sent again, not rejected by a circuit breaker
        const isAnswered = status !== undefined && asked.filter(({ url }) => url === CONTRACT_URL + name).length > 1;
        if (isAnswered) same(end.error, undefined, `the error of a call that is answered ${when}`);
        if (end.failed) return;
        const answer = await end.response.text();
        if (end.response.ok) same(answer, `${CONTRACT_URL + name} ${name} ${body}`, 'the answer to a repetition');
      });
      const isRefused = status === 401; // waiting does not help after a 401
      const ended = await inTime(Promise.all(three), isRefused ? MAX_WAIT_MS : undefined).finally(abort);
      same(ended !== undefined || !isRefused, true, 'whether calls that are made at once end after a 401');
      const { signal: left, abort: leave } = ending();
      const aborted = settle(again(CONTRACT_URL + names, { signal: left }));
      await untilItWaits();
      leave();
      await (await inTime(aborted))?.response?.text().catch(() => {}); // the abort may end the body
    }
  }
}

/** Checks of several calls, or several fetches, through one middleware. */
export const sharingChecks: Readonly<Record<string, ContractCheck>> = {
  'calls next once for each call, as a plain function': async (make) => {
    const { fetch, asked } = probe();
    const steady = make()(fetch);
    if (steady === fetch) return; // a middleware that returns next itself cannot fail this check
    await Promise.all(KINDS.map((kind) => readingAll(ofKind(kind, steady))(CONTRACT_URL)));
    await (await { steady }.steady(CONTRACT_URL)).text(); // clients often call the fetch in their options as a method
    same(asked.length, 5, 'the number of calls of next for five calls');
    for (const { receiver } of asked) {
      // the platform's fetch would throw "Illegal invocation"
      same(receiver === undefined || receiver === globalThis, true, 'whether next was called as a plain function');
    }
    const { fetch: orders, asked: placed } = probe();
    const order = readingAll(make()(orders));
    const init = { method: 'POST', body: 'order' };
    const all = [init, init, { ...init, headers: { 'idempotency-key': 'own' } }];
    await Promise.all(all.map((one) => order(CONTRACT_URL, one)));
    same(placed.length, 3, 'the number of calls of next for three orders');
    const keys = placed.map(({ headers }) => headers.get('idempotency-key'));
    same(keys.includes('own'), true, 'whether the idempotency key of the caller is sent');
    same(new Set(keys).size, keys.includes(null) ? 2 : 3, 'the number of idempotency keys of three orders');
    const repeated = [...all, { ...init, method: 'PATCH' }].flatMap((one) =>
      TRANSIENT.map((end) => sendsOneKey(make, one, end)),
    );
    await Promise.all(repeated);
  },

  'sends a POST once, also where it fails': sendsOnce,

  'keeps concurrent calls apart': async (make) => {
    await answersEach(make);
    await keepsApart(make);
    await keepsContexts(make);
    await asksForATokenAgain(make);
    await endsByItsOwnSignal(make);
    await repeatsEach(make);
  },

  'serves two fetches at once': async (make) => {
    const middleware = make();
    const [steadyA, steadyB] = ['a', 'b'].map((text) => middleware(async () => new Response(text)));
    for (const kind of KINDS) {
      const [a, b] = [steadyA!, steadyB!].map((steady) => readingAll(ofKind(kind, steady)));
      same(await a!(CONTRACT_URL), 'a', `the answer of the first fetch to a ${kind}`);
      same(await b!(CONTRACT_URL), 'b', `the answer of the second fetch to a ${kind}`);
    }
  },
};
