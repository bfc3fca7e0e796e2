import { settle } from '@steadfetch/core';
import { aDayLater } from './a-day.ts';
import { type Kind, ofKind } from './aborted-call.ts';
import { aMoment, CONTRACT_URL, type Make, same } from './contract-claim.ts';
import { type Asked, endInTime, ending, FAILED, ok, probe } from './contract-probe.ts';

/** Answers that may be kept for a minute, and depend on a header. One address has moved to another origin. */
async function keepable({ url, method, headers, request }: Asked): Promise<Response> {
  if (url === SECRET) return new Response('one', { headers: { 'cache-control': 'no-store' } });
  if (url === MOVED) return new Response(null, { status: 302, headers: { location: 'https://other.test/moved' } });
  const name = headers.get('x-a');
  const etag = `"${name}"`;
  const fields = {
    'content-type': 'application/json',
    etag,
    'last-modified': CHANGED,
    vary: 'x-a',
    'cache-control': 'max-age=60',
    'set-cookie': 'session=1',
  };
  const isKept = headers.has('if-none-match')
    ? headers.get('if-none-match') === etag
    : headers.get('if-modified-since') === CHANGED;
  const [status, body] = isKept ? [304, null] : headers.has('range') ? [206, '"'] : [200, JSON.stringify(name)];
  const response = new Response(method === 'HEAD' ? null : body, { status, headers: fields });
  return Object.defineProperty(response, 'url', { value: request.url }); // a jar, as fetch-cookie, keeps a cookie by it
}

const MOVED = `${CONTRACT_URL}&moved`;
const SECRET = `${CONTRACT_URL}&secret`;
const CHANGED = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** Of the call of one user. */
function headersOf(name: string) {
  return { 'x-a': name, authorization: `own ${name}` };
}

/** What is kept of one call, as an answer, a cookie or a signal, must not reach another. */
export async function keepsApart(make: Make): Promise<void> {
  const { fetch, asked } = probe(keepable);
  const steady = make()(fetch);
  const read = async (init: RequestInit, url = CONTRACT_URL) => (await settle(steady(url, init))).response?.text();
  const first = headersOf('de');
  await steady(CONTRACT_URL, { method: 'HEAD', headers: first });
  await (await steady(CONTRACT_URL, { headers: { ...first, range: 'bytes=0-0' } })).text();
  for (const name of ['de', 'en', 'de', 'en', 'de', 'de']) {
    const { signal, abort } = ending();
    const response = await steady(CONTRACT_URL, { method: 'GET', headers: headersOf(name), signal }); // some keep no other
    same(await response.text(), `"${name}"`, 'the answer where answers may be kept');
    abort();
  }
  for (const cache of ['reload', 'no-store', 'no-cache'] as const)
    await isSent(asked, `a call with cache: '${cache}'`, () => read({ headers: first, cache }));
  for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
    await aMoment(); // a cache may write what it keeps a little later
    await read({ method, headers: first, body: 'changed' });
    const write = asked.findLast((one) => one.method === method);
    for (const name of ['if-none-match', 'if-modified-since'])
      same(write?.headers.get(name) ?? null, null, `the ${name} that a ${method} is sent with`);
    await isSent(asked, `a call for what a ${method} has changed`, () => read({ headers: first }));
  }
  await read({ headers: first }, SECRET);
  await isSent(asked, 'a call for what may not be kept', () => read({ headers: first }, SECRET));
  await aMoment();
  const other = { ...first, authorization: 'another' };
  if (asked.at(-1)!.headers.get('authorization') === first.authorization)
    await isSent(asked, 'a call with other credentials', () => read({ headers: other }));
  await settle(steady(MOVED, { headers: first }));
  await read({}, 'https://other.test/');
  for (const { url, headers } of asked) {
    const credentials = headers.get('authorization');
    const isOwn = credentials?.startsWith('own ') === true; // and not the token of a middleware
    if (url.startsWith(CONTRACT_URL)) {
      const isOfAnother = isOwn && credentials !== `own ${headers.get('x-a')}`;
      same(isOfAnother, false, 'whether a call is sent with the credentials of another');
    } else if (new URL(url, CONTRACT_URL).origin !== new URL(CONTRACT_URL).origin) {
      same(headers.get('cookie'), null, 'the cookie that another origin gets');
      same(isOwn, false, 'whether another origin gets the credentials of a call');
    }
  }
  same(asked.at(-1)!.request.signal.aborted, false, 'whether a call has the signal of another');
  // at last, since a time that goes back would hold what paces calls
  await aDayLater(() =>
    isSent(asked, 'a call for what was kept for longer than it may', () => read({ headers: first })),
  );
}

/** Where answers may be kept, some calls are sent all the same. */
async function isSent(asked: readonly Asked[], what: string, call: () => Promise<unknown>): Promise<void> {
  const before = asked.length;
  await call();
  same(asked.length > before, true, `whether ${what} is sent`);
}

/**
 * A token that could not be had for one call is asked for again by a later one: else none is answered any more. Not at once,
 * where a middleware leaves the server alone for a while, and not by a call that waits until it is asked for again.
 */
export async function asksForATokenAgain(make: Make): Promise<void> {
  for (const kind of ['GET', 'POST'] as const) // a token may be for writes alone, or be told by a 403
    for (const status of [401, 403]) await asksAgain(make, kind, status);
}

async function asksAgain(make: Make, kind: Kind, status: number): Promise<void> {
  for (const fail of [() => Promise.reject(FAILED), async () => new Response('busy', { status: 503 })]) {
    let isDown = false;
    let isKnown = false;
    const { fetch } = probe(async ({ url }) => {
      if (url.includes('/things')) return isKnown ? ok() : new Response('who are you?', { status });
      if (isDown) return fail();
      isKnown = true;
      return new Response('token');
    });
    const usual = await endInTime(ofKind(kind, make()(fetch)));
    if (!usual?.response?.ok) return; // it asks for none
    isKnown = false;
    isDown = true;
    const steady = ofKind(kind, make()(fetch));
    await endInTime(steady);
    isDown = false;
    const waits = (await endInTime(steady)) === undefined;
    if (!waits && !isKnown) await aDayLater(() => endInTime(steady));
    same(waits || isKnown, true, 'whether a token that could not be had is asked for again');
  }
}
