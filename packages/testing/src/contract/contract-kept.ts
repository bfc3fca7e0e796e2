import { settle } from '@steadfetch/core';
import { aDayLater } from './a-day.ts';
import { type Kind, ofKind } from './aborted-call.ts';
import { aMoment, CONTRACT_URL, type Make, same } from './contract-claim.ts';
import { type Asked, endInTime, ending, FAILED, ok, probe } from './contract-probe.ts';

/** Answers that may be kept for a minute, and depend on a header. One address has moved to another origin. */
async function keepable({ url, headers, request }: Asked): Promise<Response> {
  if (url === MOVED) return new Response(null, { status: 302, headers: { location: 'https://other.test/moved' } });
  const name = headers.get('x-a');
  const etag = `"${name}"`;
  const fields = {
    'content-type': 'application/json',
    etag,
    vary: 'x-a',
    'cache-control': 'max-age=60',
    'set-cookie': 'session=1',
  };
  const [status, body] = headers.get('if-none-match') === etag ? [304, null] : [200, JSON.stringify(name)];
  const response = new Response(body, { status, headers: fields });
  return Object.defineProperty(response, 'url', { value: request.url }); // a jar, as fetch-cookie, keeps a cookie by it
}

const MOVED = `${CONTRACT_URL}&moved`;

/** Of the call of one user. */
function headersOf(name: string) {
  return { 'x-a': name, authorization: `own ${name}` };
}

/** What is kept of one call, as an answer, a cookie or a signal, must not reach another. Whether a cache obeys HTTP is not judged. */
export async function keepsApart(make: Make): Promise<void> {
  const { fetch, asked } = probe(keepable);
  const steady = make()(fetch);
  const read = async (url: string, headers = {}) => (await settle(steady(url, { headers }))).response?.text();
  for (const name of ['de', 'en', 'de', 'en', 'de', 'de']) {
    const { signal, abort } = ending();
    const response = await steady(CONTRACT_URL, { method: 'GET', headers: headersOf(name), signal }); // some keep no other
    same(await response.text().catch(String), `"${name}"`, 'the answer where answers may be kept');
    abort();
  }
  if (asked.at(-1)!.headers.get('authorization') === `own ${asked.at(-1)!.headers.get('x-a')}`) {
    await aMoment(); // a cache may write what it keeps a little later
    const before = asked.length;
    await read(CONTRACT_URL, { ...headersOf('de'), authorization: 'another' });
    same(asked.length > before, true, 'whether a call with other credentials is sent');
  }
  await read(MOVED, headersOf('de'));
  await read('https://other.test/');
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
