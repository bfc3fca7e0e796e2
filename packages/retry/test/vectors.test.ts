import { bodyFactory, defineMiddleware, type Fetch } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { expect, it } from 'vitest';
import { retry } from '../src/index.ts';
import vectors from './method-status-vectors.json' with { type: 'json' };

interface JsError {
  name?: string;
  message?: string;
  cause?: Record<string, unknown>;
}

interface Vector {
  id: string;
  method: string;
  requestHeaders: Record<string, string>;
  expect: { retry: boolean };
  status?: number;
  responseHeaders?: Record<string, string>;
  networkError?: string;
  jsError?: JsError | string;
  timeout?: 'attempt' | 'total';
  redirect?: RequestRedirect;
  requestUrl?: string;
  signalAborted?: boolean;
  phase?: string;
  bodyKind?: string;
  maxAttempts?: number;
  remainingDeadlineMs?: number;
}

/** Judgement calls where the default here is the other one: docs/decisions/0001 and 0006. */
const OURS: Record<string, boolean> = {
  'get-403-retry-after': false,
  'net-post-econnrefused': false,
  'net-post-econnrefused-manual': false,
  'net-post-und-connect-timeout-manual': false,
  'net-post-etimedout-connect': false,
  'net-post-h2-refused-stream': false,
  'net-post-h2-goaway': false,
  'net-post-h3-rejected': false,
};

const NOW = Date.UTC(2025, 0, 1);

function errorOf({ jsError, networkError, timeout }: Vector): unknown {
  if (typeof jsError === 'string') return jsError;
  if (timeout === 'attempt') return Object.assign(new Error('timed out'), { name: 'TimeoutError' });
  if (networkError === 'ABORT' && jsError === undefined) return new DOMException('aborted', 'AbortError');
  const cause = jsError ? jsError.cause : { code: networkError, message: networkError };
  const error = new TypeError(
    jsError?.message ?? 'fetch failed',
    cause && { cause: Object.assign(new Error(), cause) },
  );
  if (jsError?.name === 'AbortError') return new DOMException(jsError.message, 'AbortError');
  return error;
}

function bodyOf({ bodyKind }: Vector): BodyInit | undefined {
  if (bodyKind === 'stream') return new ReadableStream();
  if (bodyKind === 'async-iterable') return (async function* () {})() as unknown as BodyInit;
  return bodyKind === 'formdata' ? new FormData() : undefined;
}

async function inputOf(vector: Vector): Promise<[RequestInfo, RequestInit]> {
  const url = vector.requestUrl ?? 'https://api.test/';
  const init: RequestInit = { method: vector.method, headers: vector.requestHeaders };
  if (vector.redirect) init.redirect = vector.redirect;
  if (vector.bodyKind?.startsWith('request-object')) {
    const request = new Request(url, { ...init, body: 'x' });
    if (vector.bodyKind.endsWith('used')) await request.text();
    return [request, {}];
  }
  const body = bodyOf(vector);
  return [url, body === undefined ? init : { ...init, body, duplex: 'half' }] as [string, RequestInit];
}

async function attemptsFor(vector: Vector): Promise<number> {
  const controller = new AbortController();
  const clock = instantClock({ now: NOW });
  let attempts = 0;
  const server: Fetch = async (input) => {
    attempts++;
    if (input instanceof Request && !input.bodyUsed) await input.text();
    if (attempts > 1) return new Response('ok');
    if (vector.signalAborted || vector.timeout === 'total') controller.abort(vector.jsError ?? errorOf(vector));
    if (vector.status === undefined) throw errorOf(vector);
    return reply(vector.status, vector.responseHeaders ?? {});
  };
  const deadline = defineMiddleware((call, next) =>
    next(call.with({ remaining: () => vector.remainingDeadlineMs ?? Infinity })),
  );
  const maxRetries = (vector.maxAttempts ?? 3) - 1;
  const [input, init] = await inputOf(vector);
  const fetch = deadline(retry({ maxRetries, maxDelay: 300_000, clock, random: () => 0 })(server));
  await fetch(input, { ...init, signal: controller.signal }).catch(() => {});
  return attempts;
}

function reply(status: number, headers: Record<string, string>): Response {
  const response = new Response(null, { headers });
  Object.defineProperty(response, 'status', { value: status });
  return response;
}

// After the headers, the response is the caller's: no fetch middleware sees such an error.
const seen = (vectors as Vector[]).filter(({ phase }) => phase !== 'body');

it.each(seen.map((vector) => [vector.id, vector] as const))('%s', async (id, vector) => {
  const attempts = await attemptsFor(vector);

  expect(attempts > 1).toBe(OURS[id] ?? vector.expect.retry);
});

it('takes a body factory for repeatable', async () => {
  const replies = [reply(503, {}), reply(200, {})];
  const server: Fetch = async () => replies.shift()!;

  const response = await retry({ clock: instantClock() })(server)('https://api.test/', {
    method: 'PUT',
    body: bodyFactory(() => new ReadableStream()),
  });

  expect(response.status).toBe(200);
});
