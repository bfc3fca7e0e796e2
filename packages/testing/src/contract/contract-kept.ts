import { settle } from '@steadfetch/core';
import { runADayLater } from './a-day.ts';
import { type Kind, ofKind } from './aborted-call.ts';
import { backgroundWork, CONTRACT_URL, type Make, same } from './contract-claim.ts';
import { type Asked, endInTime, ending, FAILED, ok, probe } from './contract-probe.ts';

/** Responses that may be cached for a minute and vary by a header. One URL redirects to another origin. */
async function cacheable({ url, method, headers, request }: Asked): Promise<Response> {
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
  return Object.defineProperty(response, 'url', { value: request.url }); // a cookie jar such as fetch-cookie reads it
}

const MOVED = `${CONTRACT_URL}&moved`;
const SECRET = `${CONTRACT_URL}&secret`;
const CHANGED = 'Sun, 06 Nov 1994 08:49:37 GMT';

/** The headers of one user's call. */
function headersOf(name: string) {
  return { 'x-a': name, authorization: `own ${name}` };
}

/** What a middleware stores of one call (a response, a cookie, a signal) must not reach a call of another user. */
export async function keepsApart(make: Make): Promise<void> {
  const { fetch, asked } = probe(cacheable);
  const steady = make()(fetch);
  const read = async (init: RequestInit, url = CONTRACT_URL) => (await settle(steady(url, init))).response?.text();
  const first = headersOf('de');
  await steady(CONTRACT_URL, { method: 'HEAD', headers: first });
  await (await steady(CONTRACT_URL, { headers: { ...first, range: 'bytes=0-0' } })).text();
  for (const name of ['de', 'en', 'de', 'en', 'de', 'de']) {
    const { signal, abort } = ending();
    const response = await steady(CONTRACT_URL, { method: 'GET', headers: headersOf(name), signal }); // some caches store only calls with an explicit GET
    same(await response.text(), `"${name}"`, 'the answer where answers may be kept');
    abort();
  }
  for (const cache of ['reload', 'no-store', 'no-cache'] as const)
    await isSent(asked, `a call with cache: '${cache}'`, () => read({ headers: first, cache }));
  for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
    await backgroundWork(); // a cache may store the response a little later
    await read({ method, headers: first, body: 'changed' });
    const write = asked.findLast((one) => one.method === method);
    for (const name of ['if-none-match', 'if-modified-since'])
      same(write?.headers.get(name) ?? null, null, `the ${name} that a ${method} is sent with`);
    await isSent(asked, `a call for what a ${method} has changed`, () => read({ headers: first }));
  }
  await read({ headers: first }, SECRET);
  await isSent(asked, 'a call for what may not be kept', () => read({ headers: first }, SECRET));
  await backgroundWork();
  const other = { ...first, authorization: 'another' };
  if (asked.at(-1)!.headers.get('authorization') === first.authorization)
    await isSent(asked, 'a call with other credentials', () => read({ headers: other }));
  await settle(steady(MOVED, { headers: first }));
  await read({}, 'https://other.test/');
  for (const { url, headers } of asked) {
    const credentials = headers.get('authorization');
    const isOwn = credentials?.startsWith('own ') === true; // not a token that a middleware has set
    if (url.startsWith(CONTRACT_URL)) {
      const isOfAnother = isOwn && credentials !== `own ${headers.get('x-a')}`;
      same(isOfAnother, false, 'whether a call is sent with the credentials of another');
    } else if (new URL(url, CONTRACT_URL).origin !== new URL(CONTRACT_URL).origin) {
      same(headers.get('cookie'), null, 'the cookie that another origin gets');
      same(isOwn, false, 'whether another origin gets the credentials of a call');
    }
  }
  same(asked.at(-1)!.request.signal.aborted, false, 'whether a call has the signal of another');
  // last, because afterwards the time goes back, and a rate limiter would hold its calls
  await runADayLater(() =>
    isSent(asked, 'a call for what was kept for longer than it may', () => read({ headers: first })),
  );
}

/** A cache must not answer these calls; they must be sent. */
async function isSent(asked: readonly Asked[], what: string, call: () => Promise<unknown>): Promise<void> {
  const before = asked.length;
  await call();
  same(asked.length > before, true, `whether ${what} is sent`);
}

/**
 * If fetching a token fails, a later call must fetch it again. Otherwise no later call succeeds. A middleware may wait
 * before it fetches again: a call that waits for that is no failure, and one that fails at once gets a day.
 */
export async function asksForATokenAgain(make: Make): Promise<void> {
  for (const kind of ['GET', 'POST'] as const) // some middlewares send a token only with writes, or renew it only after a 403
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
    if (!usual?.response?.ok) return; // this middleware fetches no token
    isKnown = false;
    isDown = true;
    const steady = ofKind(kind, make()(fetch));
    await endInTime(steady);
    isDown = false;
    const waits = (await endInTime(steady)) === undefined;
    if (!waits && !isKnown) await runADayLater(() => endInTime(steady));
    same(waits || isKnown, true, 'whether a token that could not be had is asked for again');
  }
}
