import {
  type Call,
  type CallRecord,
  defineMiddleware,
  type Middleware,
  type Next,
  throwIfAborted,
} from '@steadfetch/core';
import {
  abortable,
  checkChoice,
  checkFunction,
  checkMethods,
  idempotencyKeyOf,
  isToken,
  type OptionTable,
  optionError,
  readOptions,
} from '@steadfetch/core/kit';
import { fieldValue } from './field-value.ts';
import { uuid } from './uuid.ts';
import { warnOfSecondKey } from './warnings.ts';

export interface IdempotencyKeyOptions {
  /** The field that carries the key. @default 'Idempotency-Key' */
  header?: string;
  /** Which methods get a key, in upper or lower case. Replaces the default. @default ['POST', 'PATCH'] */
  methods?: readonly string[];
  /** Returns the key or a promise of it, for instance after storing it. If it throws, the call rejects with that error. @default uuid */
  generate?: (call: Call) => string | Promise<string>;
  /** Picks among the calls with one of the methods. Returns `true` or `false`, not a promise. */
  when?: (call: Call) => boolean;
  /** `quoted`: a structured string, in quotes. `raw`: the bare key. @default 'quoted' */
  format?: 'quoted' | 'raw';
}

const OPTIONS = {
  header: { check: checkHeader, default: 'Idempotency-Key' },
  methods: { check: checkMethods, default: ['POST', 'PATCH'] },
  generate: { check: checkFunction, default: () => uuid() },
  when: { check: checkFunction, default: () => true },
  format: { check: checkChoice<'quoted' | 'raw'>, default: 'quoted', values: ['quoted', 'raw'] },
} satisfies OptionTable<IdempotencyKeyOptions>;

/** The options as data: what each may be, and its default. */
export const idempotencyKeyOptions: OptionTable<IdempotencyKeyOptions> = OPTIONS;

/**
 * Adds one key to a call, the same on every attempt. By the key a server can distinguish a repetition from a second request.
 *
 * Belongs outside of `retry`, which sees the key and then also repeats POST and PATCH. A key that the caller set stays as it
 * is. The key is not a hash of the request: two equal calls are two requests, and get two keys.
 *
 * draft-ietf-httpapi-idempotency-key-header-07.
 *
 * @example const createOrder = compose(idempotencyKey(), retry())(fetch);
 */
export function idempotencyKey(options?: IdempotencyKeyOptions): Middleware {
  const { header, methods, generate, when, format } = readOptions('idempotencyKey', OPTIONS, options);
  const sentKeys = new WeakMap<CallRecord, string>();

  async function withKey(call: Call, next: Next): Promise<Response> {
    throwIfAborted(call.signal);
    const key = generate(call);
    const value = fieldValue(typeof key === 'string' ? key : await abortable(key, call.signal), format);
    warnOfSecondKey(sentKeys, call, value);
    const headers = new Headers(call.headers);
    headers.set(header, value);
    // a key from the caller's `generate` may be a stored one, which an earlier request has sent
    call.record.keyIsNew = options?.generate === undefined;
    return next(call.with({ headers }));
  }

  return defineMiddleware((call, next) => {
    const hasKey = idempotencyKeyOf(call, header) !== undefined;
    if (!hasKey && !(methods.has(call.method.toUpperCase()) && checkAnswer(when(call)))) return next(call);
    call.record.keyField = header; // for this call only: another call may go to a service with another field
    if (hasKey) return next(call);
    return withKey(call, next);
  }, 'idempotencyKey');
}

function checkHeader(option: string, name: unknown): string {
  if (!isToken(name)) throw optionError(option, 'the name of a header', name);
  return name;
}

/** Throws for anything but a boolean: a promise would always be truthy. */
function checkAnswer(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw optionError('idempotencyKey: when', 'it to return true or false', answer);
}
