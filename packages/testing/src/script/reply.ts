import { checkBoolean, checkMs, checkNames, checkNumber } from '@steadfetch/core/kit';
import { checkHeaders, checkValue } from '../options.ts';
import { BODY_FAULTS, FAULTS, type Fault } from './fault.ts';

export type { Fault };

/** What a scripted server does with one call. The defaults are those of a plain 200. */
export interface ReplyObject {
  /** From 200 to 599. @default 200 */
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** A value to send as JSON, with its content type. */
  json?: unknown;
  /** How long the response takes, in milliseconds on the clock of the scripted server. @default 0 */
  delay?: number;
  /** The call fails with a network error instead of a response. */
  networkError?: boolean;
  /** A network error with this code, e.g. `ECONNREFUSED`. */
  error?: string;
  /** A fault of the connection. */
  fault?: Fault;
  /** Milliseconds between the pieces of a `drip`. @default 10 */
  every?: number;
}

/** One step of a script: a status, `'network-error'`, or an object with all details. */
export type Reply = number | 'network-error' | ReplyObject;

/** A reply with all defaults filled in. */
export interface Plan {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly delay: number;
  /** The code of a network error; '' for one without. */
  readonly error: string | undefined;
  readonly fault: Fault | undefined;
  readonly every: number;
}

const NAMES = ['status', 'headers', 'body', 'json', 'delay', 'networkError', 'error', 'fault', 'every'] as const;
/** Statuses that have no body (RFC 9110 §6.4.1). */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
const FILLER = '0123456789abcdef'.repeat(64);
const EMPTY = new Uint8Array(0);

/** Converts any reply to an object. */
export function replyObject(reply: Reply): ReplyObject {
  if (typeof reply === 'number') return { status: reply };
  return reply === 'network-error' ? { networkError: true } : reply;
}

/** Checks a reply and fills in its defaults. */
export function planOf(given: Reply): Plan {
  const reply = replyObject(given);
  const isObject = Object.prototype.toString.call(reply) === '[object Object]'; // a Response is refused
  checkValue('reply', reply, "a status, 'network-error' or an object", isObject);
  checkNames('reply', reply, NAMES);
  const { status = 200, headers = {}, delay = 0, networkError = false, error, fault, every = 10 } = reply;
  checkValue('reply: fault', fault, `one of ${FAULTS.join(', ')}`, fault === undefined || FAULTS.includes(fault));
  checkValue('reply: error', error, 'a code', error === undefined || typeof error === 'string');
  checkHeaders('reply: headers', headers);
  checkNumber('reply: status', status, { min: 200, max: 599, integer: true });
  const body = bodyOf(reply);
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const); // otherwise a name in two cases is sent twice
  const isBodiless = BODILESS.has(status) && body.length > 0;
  checkValue('reply: body', body, `none for the status ${status}`, !isBodiless);
  return {
    status,
    headers: Object.fromEntries(reply.json === undefined ? own : [['content-type', 'application/json'], ...own]),
    body,
    delay: checkMs('reply: delay', delay),
    error: error ?? (checkBoolean('reply: networkError', networkError) ? '' : undefined),
    fault,
    every: checkMs('reply: every', every),
  };
}

function bodyOf({ body, json, fault }: ReplyObject): Uint8Array<ArrayBuffer> {
  checkValue('reply: body', body, 'none beside json', json === undefined || body === undefined);
  if (json !== undefined) return bytesOf(JSON.stringify(json));
  const given = typeof body === 'string' ? bytesOf(body) : body;
  checkValue('reply: body', given, 'a string or bytes', given === undefined || ArrayBuffer.isView(given));
  if (given?.byteLength) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice();
  return fault !== undefined && BODY_FAULTS.includes(fault) ? bytesOf(FILLER) : EMPTY;
}

/** Creates the encoder at use, because Jest with jsdom has no `TextEncoder`. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
