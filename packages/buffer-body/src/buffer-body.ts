import { abortReason, type Call, classifyError, defineMiddleware, type Layer, type Middleware } from '@steadfetch/core';
import {
  checkChoice,
  checkMethods,
  checkNumber,
  holdsStreams,
  idempotencyKeyOf,
  isPatched,
  type OptionTable,
  readField,
  readOptions,
  withBody,
} from '@steadfetch/core/kit';
import { checkBody, type Validate } from './check-body.ts';
import { NetworkError } from './network-error.ts';
import { readBody } from './read-body.ts';
import { restoreBody } from './restore-body.ts';

export interface BufferBodyOptions {
  /** The longest body to keep in memory, per call. A longer body is passed on as it arrives. @default 1_000_000 */
  maxBytes?: number;
  /**
   * Which methods, in upper or lower case. Replaces the default. Calls with an `Idempotency-Key` are always included.
   * @default ['GET', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY']
   */
  methods?: readonly string[];
  /**
   * Which bodies count as broken although they ended without an error. `content-length`: bodies of another length than promised; not for
   * a `fetch` that replaces bodies. `json`: JSON that ends early. `false`: none. @default false
   */
  validate?: Validate;
}

const OPTIONS = {
  maxBytes: { check: checkNumber, default: 1_000_000, min: 1, max: Number.MAX_SAFE_INTEGER, integer: true },
  methods: { check: checkMethods, default: ['GET', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'] },
  validate: { check: checkChoice<Validate>, default: false, values: ['content-length', 'json', false] },
} satisfies OptionTable<BufferBodyOptions>;

/** The options as data: what each may be, and its default. */
export const bufferBodyOptions: OptionTable<BufferBodyOptions> = OPTIONS;

const LAYER: Layer = { name: 'bufferBody', mustBeInside: [['retry', 'a broken body is not retried']] };

/** Node's code for a body that breaks off. */
const BROKEN_OFF = 'ERR_STREAM_PREMATURE_CLOSE';

/** Bodies that are read while they arrive. GraphQL sends `@defer` and subscriptions as `multipart/mixed`. */
const ENDLESS = /^(?:text\/event-stream|multipart\/(?:mixed|x-mixed-replace))\b/i;

/**
 * Reads the body before it returns the response, so that a body that breaks off is a failed attempt, and can be retried.
 *
 * Belongs inside of `retry`. A `timeout` inside of `bufferBody` ends a stalled body by its `body` limit; a `timeout` outside
 * counts the reading of the body towards its `headers` limit. Reads only bodies of responses below 400: others fail by their
 * status, and a retry must not wait for their bodies. Event streams, bodies above `maxBytes`, bodies that are not web
 * streams, and all bodies if a `Response` cannot hold a stream (React Native) are passed on as they arrive. Bodies are never
 * resumed: each attempt has its own.
 *
 * @throws what reading the body throws, {@link NetworkError} for a body that ended early, and the caller's abort reason
 * @example const fetchReport = compose(retry(), bufferBody(), timeout({ headers: 10_000, body: 10_000 }))(fetch);
 */
export function bufferBody(options?: BufferBodyOptions): Middleware {
  const { maxBytes, methods, validate } = readOptions('bufferBody', OPTIONS, options);
  return defineMiddleware(async (call, next) => {
    const applies = methods.has(call.method.toUpperCase()) || idempotencyKeyOf(call) !== undefined;
    const response = await next(call);
    if (!applies || call.method === 'HEAD' || !isReadable(response, maxBytes)) return response;
    const reading = await readBody(response.body!, maxBytes, call.signal).catch((error) => {
      throw failureOf(error, call);
    });
    if ('next' in reading) return restoreBody(response, reading);
    checkBody(response, reading.bytes, validate);
    return withBody(response, reading.bytes);
  }, LAYER);
}

/**
 * Whether the body is to be read. False for a mock's value that is not a response or cannot be read, for node-fetch's body, which is
 * not a web stream, and for a response whose `json()` or the like a fetch inside has replaced.
 */
function isReadable(response: Response, maxBytes: number): boolean {
  try {
    const { status, headers } = response;
    if (status >= 400 || !holdsStreams() || isPatched(response)) return false;
    const isEndless = ENDLESS.test(readField(headers, 'content-type') ?? '');
    if (isEndless || Number(readField(headers, 'content-length')) > maxBytes) return false;
    // last, since the mere access to `body` makes Expo up to SDK 55 read it, and SvelteKit take it from the response
    const { bodyUsed, body } = response; // `bodyUsed` first: in Workers a body that SvelteKit took counts as used
    return typeof body?.getReader === 'function' && !bodyUsed && !body.locked;
  } catch {
    return false;
  }
}

/**
 * Returns the error that the attempt rejects with: the caller's reason after an abort; otherwise the error itself if it is transient, or
 * a network error around it. That needs its own code, since `classifyError` otherwise reads the code of the cause, for instance a decoder's.
 */
function failureOf(error: unknown, { signal }: Call): unknown {
  if (signal?.aborted) return abortReason(signal);
  if (!classifyError(error).permanent) return error;
  return Object.assign(new NetworkError('the body broke off', { cause: error }), { code: BROKEN_OFF });
}
