import { settle } from '@steadfetch/core';
import { CONTRACT_URL, type ContractCheck, inTime, MAX_WAIT_MS, same } from './contract-claim.ts';
import { asInitAndAsRequest, askedAgain, endInTime, ending, endless, probe, readingAll } from './contract-probe.ts';

/** Checks of request and response bodies. */
export const bodyChecks: Readonly<Record<string, ContractCheck>> = {
  'hands on the body': async (make) => {
    const headers = { 'x-a': '1' };
    const inits = initsWithBodies();
    const callsOf = (method: string, some: readonly RequestInit[]) =>
      some.flatMap((init) => asInitAndAsRequest(Object.assign({ method, duplex: 'half' }, init)));
    // all at once, since each may wait; a new middleware for each, since it may limit the rate
    await Promise.all(
      ['POST', 'DELETE']
        .flatMap((method) => callsOf(method, inits))
        .map(async (args) => {
          const { fetch, asked } = probe();
          await make()(fetch)(...args());
          const [content, expected] = [contentOf(asked[0]?.request), contentOf(new Request(...args()))];
          same(await content, await expected, 'the body that next was given');
        }),
    );
    const filled = inits.filter(({ body }) => body !== ''); // Bun reads an empty Request and its clones only once
    const repeated: ReturnType<typeof asInitAndAsRequest> = [
      (signal) => {
        const init = { method: 'PUT', headers, body: readOnce(), duplex: 'half', ...(signal && { signal }) };
        return [CONTRACT_URL, init as unknown as RequestInit];
      },
      ...['PUT', 'POST'].flatMap((method) => [
        ...asInitAndAsRequest({ headers, body: 'order', method }),
        ...callsOf(method, filled), // a POST may be repeated with a new token
      ]),
      ...[{}, { method: 'HEAD' }, { method: 'DELETE' }].map((init) => asInitAndAsRequest({ ...init, headers })[0]!),
    ];
    await Promise.all(
      repeated.map(async (args) => {
        const all = await askedAgain(make, (again, signal) => again(...args(signal)));
        for (const { when, asked: sent } of all) {
          for (const { request } of sent) {
            same(await whole(request), await whole(new Request(...args())), `what next was given ${when}`);
          }
        }
      }),
    );
  },

  'hands on a stream as it is': async (make) => {
    // read during the call, as a real fetch does: a middleware may cancel the rest at the end
    const { fetch } = probe(async ({ request }) => new Response(await request.text()));
    const init = () => ({ method: 'PUT', body: new Response('order').body, duplex: 'half' }) as RequestInit;
    const expected = await new Request(CONTRACT_URL, init()).text(); // Firefox does not support streams, and sends "[object ReadableStream]"
    const response = await make()(fetch)(CONTRACT_URL, init());
    same(await response.text(), expected, 'the body that next was given');
    const { signal, abort } = ending();
    const open = new ReadableStream({ pull: () => new Promise(() => {}) });
    const { fetch: begun, asked } = probe();
    const call = settle(
      make()(begun)(CONTRACT_URL, { method: 'PUT', body: open, duplex: 'half', signal } as RequestInit),
    );
    await inTime(call, MAX_WAIT_MS);
    abort();
    same(asked.length, 1, 'the number of calls of next for a stream that goes on');
    const { fetch: slow, signals } = endless();
    await endInTime(make()(slow), init());
    same(signals.length <= 1, true, 'whether a stream that is not answered is sent once');
  },

  'tells of a body that breaks off': async (make) => {
    for (const [method, body] of [
      ['POST', 'order'],
      ['GET', null],
    ] as const) {
      let sent = 0;
      const { fetch } = probe(async ({ headers }) => {
        // a range request without a condition gets the rest of a newer version
        const isRest = headers.has('range') && !headers.has('if-range') && !headers.has('if-match');
        if (isRest)
          return new Response('2}', { status: 206, headers: { 'content-range': 'bytes 5-6/7', etag: '"2"' } });
        const fields = {
          'cache-control': 'max-age=60',
          etag: '"1"',
          'content-type': method === 'POST' ? 'text/event-stream' : 'application/json',
        };
        return new Response(sent++ === 0 ? brokenOff('{"a":') : '{"a":1}', { headers: fields });
      });
      const { signal, abort } = ending();
      const steady = readingAll(make()(fetch));
      const read = steady(CONTRACT_URL, { method, body, signal });
      const reported = read.then(
        (text) => method === 'GET' && text === '{"a":1}', // the call was repeated
        () => true,
      );
      const isRight = await inTime(reported);
      abort();
      const orWhole = method === 'GET' ? ', or ends with a whole one' : '';
      same(isRight !== false, true, `whether a ${method} whose answer breaks off fails${orWhole}`);
      if (method === 'POST' || isRight === undefined) continue;
      const next = await inTime(steady(CONTRACT_URL).catch(() => undefined)); // a circuit breaker may be open
      same(next ?? '{"a":1}', '{"a":1}', 'the answer after one that broke off');
    }
    // the length may be that of the body that a HEAD omits, or that before `fetch` decompresses
    for (const [method, body, headers] of [
      ['HEAD', null, { 'content-length': '2' }],
      ['GET', 'whole', { 'content-length': '2', 'content-encoding': 'gzip' }],
    ] as const) {
      const read = readingAll(make()(async () => new Response(body, { headers })));
      const end = await read(CONTRACT_URL, { method }).catch((error: unknown) => error);
      same(end, body ?? '', `the body of a ${method} whose length is another`);
    }
  },
};

/** One body of each kind, and some whose content type a middleware may change. */
function initsWithBodies(): RequestInit[] {
  const form = new FormData();
  form.append('a', 'order');
  form.append('a', 'another');
  const bytes = Uint8Array.of(0xff, 0, 0x80, 0x0a, 0xe2); // not valid UTF-8
  form.append('b', new Blob([bytes]), 'order.bin');
  const pieces = { [Symbol.asyncIterator]: () => new Response('order').body!.values() } as unknown as BodyInit; // like Node's file streams
  const bodies = [
    pieces,
    ' order\r\nof 5 \u20ac',
    bytes,
    bytes.subarray(1),
    new DataView(bytes.buffer, 1, 3),
    Uint16Array.of(258, 772),
    '',
    bytes.buffer,
    new URLSearchParams('a=order&a=another'),
    form,
    new Blob(['order'], { type: 'text/csv' }),
    new Blob([bytes], { type: 'image/png' }),
  ];
  const json = { headers: { 'content-type': 'application/json' }, body: '{ "id": 12345678901234567890 }' };
  const patch = { headers: { 'content-type': 'application/merge-patch+json' }, body: '{"a":null}' };
  return [...bodies.map((body) => ({ body })), json, patch];
}

/** A body that ends with an error after this text. */
function brokenOff(text: string): ReadableStream {
  const chunks = [new TextEncoder().encode(text)];
  const pull = (stream: ReadableStreamDefaultController) =>
    chunks.length > 0 ? stream.enqueue(chunks.pop()) : stream.error(new TypeError('terminated'));
  return new ReadableStream({ pull });
}

/** A body that is no stream and can still be read only once, like a file of Node. */
async function* readOnce(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('order');
}

async function whole(request: Request): Promise<string> {
  return `${request.method} ${request.headers.get('x-a')} ${await contentOf(request)}`;
}

/**
 * The content type and the bytes of a body, as comparable text with one character per byte. The boundaries of forms are
 * removed, since they are random. So is the last line end, which Deno does not send.
 */
export async function contentOf(request: Request | undefined): Promise<string> {
  const given = request?.headers.get('content-type'); // Bun removes it when the body is read
  const bytes = request && new Uint8Array(await request.arrayBuffer());
  const length = request?.headers.get('content-length') ?? bytes?.length;
  const text = bytes && Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  const type = given?.replace(/ ?boundary="?([^";]*).*/, (_, boundary) =>
    text?.includes(boundary) ? '' : ' of another form',
  );
  const wrongLength = Number(length) === bytes?.length ? '' : ` with content-length ${length}`;
  return `${type ?? 'of no type:'} ${text?.replaceAll(/^-.*$/gm, '-').trimEnd()}${wrongLength}`;
}
