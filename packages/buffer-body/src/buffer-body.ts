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
  /** The longest body to keep in memory, per call. A longer one is passed on as it comes. @default 1_000_000 */
  maxBytes?: number;
  /**
   * Which methods; in any case. Replaces the default. Calls with an `Idempotency-Key` are always included.
   * @default ['GET', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY']
   */
  methods?: readonly string[];
  /**
   * Which bodies count as broken although they ended without an error. `content-length`: of another length than
   * promised, where nothing below replaces bodies. `json`: JSON that ends early. `false`: none. @default false
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

/** As Node names it. */
const BROKEN_OFF = 'ERR_STREAM_PREMATURE_CLOSE';

/** Bodies that are read while they come; `multipart/mixed` is that of GraphQL's `@defer` and of its subscriptions. */
const ENDLESS = /^(?:text\/event-stream|multipart\/(?:mixed|x-mixed-replace))\b/i;

/**
 * Reads the body before it returns the response, so that a body that breaks off is a failed attempt, and can be
 * repeated.
 *
 * Belongs inside of `retry`, and outside of the `timeout` whose `body` limit ends a stall: the `headers` limit of a
 * `timeout` outside covers the reading of the body too. Touches only responses below 400: others fail by their status,
 * and a retry must not wait for their bodies. Event streams, bodies above `maxBytes`, bodies that are no web streams, and
 * all bodies where a `Response` cannot hold a stream (React Native) are passed on as they come. Nothing is ever resumed:
 * each attempt has its own body.
 *
 * @throws what reading the body throws, {@link NetworkError} for one that ended early, and the caller's abort reason
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
 * False for a mock's value that is no response or cannot be read, for node-fetch's body, which is no web stream, and where a fetch
 * inside has replaced how its response is read.
 */
function isReadable(response: Response, maxBytes: number): boolean {
  try {
    const { status, headers } = response;
    if (status >= 400 || !holdsStreams() || isPatched(response)) return false;
    const isEndless = ENDLESS.test(readField(headers, 'content-type') ?? '');
    if (isEndless || Number(readField(headers, 'content-length')) > maxBytes) return false;
    // last, since Expo up to SDK 55 begins to read a body that is looked at, and SvelteKit takes it from the response
    const { bodyUsed, body } = response; // in this order: in Workers a body that SvelteKit took counts as used
    return typeof body?.getReader === 'function' && !bodyUsed && !body.locked;
  } catch {
    return false;
  }
}

/**
 * An error that breaks a body off is a network error that may pass, whatever its name; an abort is the caller's. It has a code of
 * its own, since that of a cause counts otherwise: decoders have some.
 */
function failureOf(error: unknown, { signal }: Call): unknown {
  if (signal?.aborted) return abortReason(signal);
  if (!classifyError(error).permanent) return error;
  return Object.assign(new NetworkError('the body broke off', { cause: error }), { code: BROKEN_OFF });
}
