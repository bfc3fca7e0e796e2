// Generates calls, sends each through bare fetch and through every layer, and compares what the server and the caller see.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type Fetch, standard } from '../src/index.ts';

/** A description of a call as plain data, from which each side makes its own bodies, signals and requests. */
interface GeneratedCall {
  input: 'string' | 'URL' | 'Request' | 'Request and init';
  path: string;
  method: string | undefined;
  headers: { kind: 'object' | 'list' | 'Headers'; pairs: [string, string][] } | undefined;
  body: { kind: BodyKind; text: string } | undefined;
  members: Record<string, unknown>;
  signal: 'none' | 'live' | 'null' | 'aborted';
  answer: { status: number; headers: Record<string, string>; body: string };
  read: 'text' | 'json' | 'arrayBuffer' | 'blob' | 'bytes' | 'clone' | 'stream' | 'iterate' | 'none';
}

type BodyKind = (typeof BODY_KINDS)[number];

const BODY_KINDS = [
  ...(['string', 'Uint8Array', 'subarray', 'DataView', 'ArrayBuffer', 'Blob', 'File', 'URLSearchParams'] as const),
  ...(['FormData', 'stream', 'number', 'object', 'shared'] as const),
];

/** A known difference: a row of docs/transparency.md. */
export interface KnownDifference {
  /** The start of the row. */
  row: string;
  /** Our observation, without this difference. */
  without(ours: Seen, bare: Seen, call: GeneratedCall): Seen;
}

/** What the caller and the server saw of a call. */
export interface Seen {
  caller: Record<string, unknown>;
  server: unknown[];
}

const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const value = fc.oneof(
  fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,12}[\x21-\x7e])?$/),
  fc.constant('é'),
  fc.constant(''),
);
const FORBIDDEN = /^(?:host|connection|content-length|transfer-encoding|keep-alive|upgrade|expect|te|trailer)$/;
const pairs = fc.array(
  fc.tuple(
    token.filter((name) => !FORBIDDEN.test(name)),
    value,
  ),
  { maxLength: 4 },
);

const members = fc.record(
  {
    redirect: fc.constantFrom('follow', 'manual', 'error', 'wrong'),
    credentials: fc.constantFrom('omit', 'same-origin', 'include'),
    cache: fc.constantFrom('default', 'no-store', 'reload', 'only-if-cached'),
    mode: fc.constantFrom('cors', 'same-origin', 'no-cors', 'navigate'),
    referrer: fc.constantFrom('about:client', '', 'not a url\u0000'),
    referrerPolicy: fc.constantFrom('no-referrer', 'origin'),
    integrity: fc.constantFrom('', 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='),
    keepalive: fc.boolean(),
    priority: fc.constantFrom('high', 'low'),
    window: fc.constant(null),
    unknown: fc.anything({ maxDepth: 1 }),
  },
  { requiredKeys: [] },
);

/** A member of an init is rare, or most calls would be invalid. */
const fewMembers = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 2, arbitrary: members });

const anyCall = fc.record({
  input: fc.constantFrom('string', 'URL', 'Request', 'Request and init'),
  path: fc.constantFrom('', 'a/b', '?q=1&r=%20', 'ü', '#fragment', 'a b'),
  method: fc.constantFrom(
    undefined,
    'GET',
    'HEAD',
    'POST',
    'post',
    'PUT',
    'PATCH',
    'patch',
    'DELETE',
    'OPTIONS',
    'QUERY',
    'x y',
    'TRACE',
  ),
  headers: fc.option(fc.record({ kind: fc.constantFrom('object', 'list', 'Headers'), pairs }), { nil: undefined }),
  body: fc.option(fc.record({ kind: fc.constantFrom(...BODY_KINDS), text: fc.string({ maxLength: 20 }) }), {
    nil: undefined,
  }),
  members: fewMembers,
  signal: fc.constantFrom('none', 'none', 'none', 'none', 'live', 'live', 'null', 'aborted'),
  answer: fc.record({
    status: fc.constantFrom(
      200,
      200,
      200,
      201,
      203,
      204,
      206,
      301,
      302,
      303,
      304,
      307,
      308,
      400,
      401,
      404,
      410,
      422,
      451,
    ),
    headers: fc.dictionary(
      token.map((name) => `x-${name}`),
      value.filter((text) => text !== 'é'),
      { maxKeys: 3 },
    ),
    body: fc.oneof(fc.string({ maxLength: 30 }), fc.constant('{"a":[1,2]}'), fc.constant('x'.repeat(100_000))),
  }),
  read: fc.constantFrom('text', 'json', 'arrayBuffer', 'blob', 'bytes', 'clone', 'stream', 'iterate', 'none'),
}) as fc.Arbitrary<GeneratedCall>;

/** Few of the calls have a body that their method does not allow. */
const generatedCall = anyCall.map((call) => {
  const refused = call.method === undefined || /^(?:GET|HEAD)$/.test(call.method);
  return refused && call.read !== 'none' ? { ...call, body: undefined } : call;
});

export interface Comparison {
  calls: number;
  same: number;
  /** How many calls had a response. The others were rejected or aborted. */
  answered: number;
  /** How many calls each row explains. */
  known: Map<string, number>;
}

/** Compares a number of calls. Throws the first difference that no row explains, reduced to a minimal call. */
export async function compareCalls({
  calls,
  seed,
  known,
}: {
  calls: number;
  seed: number;
  known: readonly KnownDifference[];
}): Promise<Comparison> {
  const stage = await openStage();
  const everything = standard({
    ...{ rateLimit: true, circuitBreaker: true, idempotencyKey: true, concurrency: 100, bufferBody: true },
    retry: { delay: () => 1 },
  })(fetch);
  const comparison: Comparison = { calls: 0, same: 0, answered: 0, known: new Map() };
  try {
    const property = fc.asyncProperty(generatedCall, async (call) => {
      const bare = await stage.play(call, fetch);
      const ours = await stage.play(call, everything);
      comparison.calls++;
      if (bare.caller.error === undefined) comparison.answered++;
      if (isDeepStrictEqual(bare, ours)) {
        comparison.same++;
        return;
      }
      let left = ours;
      for (const { row, without } of known) {
        const before = left;
        left = without(before, bare, call);
        if (!isDeepStrictEqual(before, left)) comparison.known.set(row, (comparison.known.get(row) ?? 0) + 1);
      }
      if (!isDeepStrictEqual(bare, left)) {
        throw new Error(`bare: ${JSON.stringify(bare)}\nours: ${JSON.stringify(left)}`);
      }
    });
    await fc.assert(property, { numRuns: calls, seed });
  } finally {
    await stage.close();
  }
  return comparison;
}

interface Stage {
  play(call: GeneratedCall, fetch: Fetch): Promise<Seen>;
  close(): Promise<void>;
}

/** A server that answers each call as the call asks, and records what it received. */
async function openStage(): Promise<Stage> {
  let answer: GeneratedCall['answer'];
  let got: unknown[] = [];
  const server: Server = createServer((request, response) => void serve(request, response));
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url, headers } = request;
    let body = '';
    for await (const chunk of request.setEncoding('latin1')) body += chunk;
    const { connection, ...fields } = headers;
    // each form has its own boundary, of any length
    const plain = (text: string) => text.replaceAll(/-{4}formdata-(?:undici-)?\d+/g, 'BOUNDARY');
    if (plain(body) !== body) delete fields['content-length'];
    got.push({ method, url, headers: JSON.parse(plain(JSON.stringify(fields))), body: plain(body) });
    response.setHeader('date', 'Thu, 01 Jan 2026 00:00:00 GMT');
    if (url!.endsWith('redirected')) return void response.end('the target');
    const location =
      answer.status >= 300 && answer.status < 400 && answer.status !== 304 ? { location: '/redirected' } : {};
    response.writeHead(answer.status, { ...location, ...answer.headers });
    response.end(answer.status === 204 || answer.status === 304 ? undefined : answer.body);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    play: async (call, fetch) => {
      ({ answer } = call);
      got = [];
      const caller = await make(call, origin, fetch);
      return { caller, server: got };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Makes the call and describes what its caller sees. */
async function make(call: GeneratedCall, origin: string, fetch: Fetch): Promise<Record<string, unknown>> {
  let request: Request | undefined;
  try {
    const { input, init } = argumentsOf(call, origin);
    if (input instanceof Request) request = input;
    const response = await fetch(input as RequestInfo, init);
    return { ...(await describe(response, call.read)), requestUsed: request?.bodyUsed };
  } catch (error) {
    return { error: errorText(error), requestUsed: request?.bodyUsed };
  }
}

function argumentsOf(call: GeneratedCall, origin: string): { input: unknown; init: RequestInit | undefined } {
  const url = origin + call.path;
  const init = initOf(call);
  if (call.input === 'string') return { input: url, init };
  if (call.input === 'URL') return { input: new URL(url), init };
  if (call.input === 'Request') return { input: new Request(url, init), init: undefined };
  const { body, duplex, method, ...rest } = init as RequestInit & { duplex?: string };
  const own = {
    ...(body !== undefined && { body }),
    ...(duplex && { duplex }),
    ...(method !== undefined && { method }),
  };
  return { input: new Request(url, own), init: rest };
}

function initOf({ method, headers, body, members, signal }: GeneratedCall): RequestInit {
  const streams = body?.kind === 'stream';
  return {
    ...(method !== undefined && { method }),
    ...(headers && { headers: headersOf(headers) }),
    ...(body && { body: bodyOf(body) as BodyInit }),
    ...(streams && { duplex: 'half' }),
    ...members,
    ...signalOf(signal, body),
  } as RequestInit;
}

function headersOf({ kind, pairs }: NonNullable<GeneratedCall['headers']>): HeadersInit {
  if (kind === 'list') return pairs.map(([name, text]) => [name, text]);
  return kind === 'object' ? Object.fromEntries(pairs) : new Headers(pairs);
}

/** In Node 24 a bare `fetch` of a form with an aborted signal ends the process. */
function signalOf(kind: GeneratedCall['signal'], body: GeneratedCall['body']): { signal?: AbortSignal | null } {
  if (kind === 'aborted' && body?.kind === 'FormData') return {};
  if (kind === 'none') return {};
  if (kind === 'null') return { signal: null };
  return { signal: kind === 'live' ? new AbortController().signal : AbortSignal.abort(new Error('the reason')) };
}

function bodyOf({ kind, text }: NonNullable<GeneratedCall['body']>): unknown {
  const bytes = new TextEncoder().encode(text);
  const form = new FormData();
  form.set('text', text);
  form.set('file', new File([bytes], 'a.txt', { type: 'text/plain' }));
  const bodies: Record<BodyKind, () => unknown> = {
    string: () => text,
    Uint8Array: () => bytes,
    subarray: () => new Uint8Array([0, ...bytes, 0]).subarray(1, bytes.length + 1),
    DataView: () => new DataView(bytes.buffer),
    ArrayBuffer: () => bytes.buffer,
    Blob: () => new Blob([bytes], { type: 'text/x' }),
    File: () => new File([bytes], 'a'),
    URLSearchParams: () => new URLSearchParams([['text', text]]),
    FormData: () => form,
    stream: () => new Blob([bytes]).stream(),
    number: () => text.length,
    object: () => ({ text }),
    shared: () => new Uint8Array(new SharedArrayBuffer(3)),
  };
  return bodies[kind]();
}

/** Fields about the connection, which another call may have closed. */
const HOP = /^(?:connection|keep-alive)$/;

async function describe(response: Response, read: GeneratedCall['read']): Promise<Record<string, unknown>> {
  const { status, statusText, ok, redirected, type, url, headers } = response;
  const facts = {
    status,
    statusText,
    ok,
    redirected,
    type,
    url,
    headers: [...headers].filter(([name]) => !HOP.test(name)),
    hasBody: response.body !== null,
  };
  const isResponse = response instanceof Response && Object.prototype.toString.call(response) === '[object Response]';
  const body = await bodyOfResponse(response, read).catch((error: unknown) => ({ error: errorText(error) }));
  return { ...facts, isResponse, body, bodyUsed: response.bodyUsed };
}

async function bodyOfResponse(response: Response, read: GeneratedCall['read']): Promise<unknown> {
  if (read === 'none') return void response.body?.cancel();
  if (read === 'text') return response.text();
  if (read === 'json') return response.json();
  if (read === 'arrayBuffer') return [...new Uint8Array(await response.arrayBuffer())];
  if (read === 'bytes') return [...(await response.bytes())];
  if (read === 'blob') return blobFacts(await response.blob());
  if (read === 'clone') return [await response.clone().text(), await response.text()];
  if (!response.body) return null;
  const chunks: number[] = [];
  if (read === 'iterate') for await (const chunk of response.body) chunks.push(...chunk);
  else {
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(...part.value);
  }
  return chunks;
}

async function blobFacts(blob: Blob): Promise<unknown> {
  return [blob.type, await blob.text()];
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.constructor.name} ${error.name}: ${error.message}${error.cause ? ` <- ${errorText(error.cause)}` : ''}`;
}
