import {
  BROKEN_PEER,
  BROKEN_PEER_TEXT,
  BUSY_PROXY_TEXT,
  NETWORK_TEXT,
  PERMANENT_TEXT,
  TIMED_OUT,
  TRANSIENT,
} from './error-codes.ts';
import { memberOf } from './member-of.ts';

/** What an error of `fetch` means for the request. */
export interface ErrorClass {
  /** `bug`: a mistake in the program, or something unknown. */
  kind: 'abort' | 'timeout' | 'network' | 'bug';
  /** True when the same request will fail the same way: certificates, bad URLs, redirect loops, bugs. */
  permanent: boolean;
  /** The code found on the error or on one of its causes, e.g. `ECONNREFUSED`. */
  code?: string;
}

/**
 * Distinguishes network errors, aborts, timeouts and bugs: by the `code` along the chain of causes first, then by the
 * texts that browsers and runtimes use. Never throws, whatever was thrown.
 *
 * Recognises an abort by its name alone. To know whether the caller aborted, test the caller's signal. Says nothing about
 * whether the request was sent, since no error proves that.
 */
export function classifyError(error: unknown): ErrorClass {
  const name = textOf(error, 'name');
  if (name === 'AbortError' || name === 'TimeoutError')
    return { kind: name === 'AbortError' ? 'abort' : 'timeout', permanent: false };
  const kind = transientKind(error);
  const chain = causesOf(error);
  const codes = codesIn(chain);
  const code = codes.find((code) => TRANSIENT.test(code) || BROKEN_PEER.test(code)) ?? codes[0];
  const isBroken = speaksOfBrokenPeer(chain) || (code !== undefined && BROKEN_PEER.test(code));
  return {
    kind: kind ?? (isBroken || speaksOfNetwork(chain) ? 'network' : 'bug'),
    permanent: kind === undefined,
    ...(code === undefined ? {} : { code }),
  };
}

/**
 * What a failure that may pass is: the same request may succeed later. `undefined` for an abort, and for what `classifyError`
 * calls permanent.
 */
export function transientKind(error: unknown): 'timeout' | 'network' | undefined {
  if (textOf(error, 'name') === 'AbortError') return undefined;
  const chain = causesOf(error);
  if (chain.some((link) => textOf(link, 'name') === 'TimeoutError')) return 'timeout';
  if (says(chain, BUSY_PROXY_TEXT) || chain.some(mayPass)) return 'network';
  if (speaksOfBrokenPeer(chain)) return undefined;
  const codes = codesIn(chain);
  const code = codes.find((code) => TRANSIENT.test(code)); // a `fetch` inside may give its error a code of its own
  if (code !== undefined) return TIMED_OUT.test(code) ? 'timeout' : 'network';
  const last = chain.slice(-1); // where that has no code, as in browsers, one above it is that of a `fetch` inside, too
  const text = codes.length === 0 ? chain : codesIn(last).length === 0 ? last : [];
  return speaksOfNetwork(text) && !chain.some(isPermanent) ? 'network' : undefined;
}

/**
 * The error of a Durable Object that is moved, restarted or deployed anew; or one before there is a connection: ENOENT of a service behind
 * a Unix socket that is started anew, EPERM of a firewall, EAI_FAIL where no resolver answers (FreeBSD).
 */
function mayPass(link: unknown): boolean {
  return memberOf(link, 'retryable') === true || /^(connect|getaddrinfo)$/.test(textOf(link, 'syscall') ?? '');
}

function speaksOfNetwork(chain: readonly unknown[]): boolean {
  return textOf(chain[0], 'name') === 'NetworkError' || says(chain, NETWORK_TEXT);
}

/** The innermost error that is known says it: a text above it may name what was asked for, as a certificate. */
function speaksOfBrokenPeer(chain: readonly unknown[]): boolean {
  const isKnown = (link: unknown) =>
    [NETWORK_TEXT, BROKEN_PEER_TEXT].some((text) => says([link], text)) || TRANSIENT.test(textOf(link, 'code') ?? '');
  return says([[...chain].reverse().find(isKnown)], BROKEN_PEER_TEXT);
}

function says(chain: readonly unknown[], text: RegExp): boolean {
  return chain.some((link) => text.test(messageOf(link)));
}

/** The text of a network error, also of ky's, may quote the URL. So only its causes are searched for what is permanent. */
function isPermanent(link: unknown): boolean {
  const [name, message] = [textOf(link, 'name'), messageOf(link)];
  if (name === 'NetworkError' || NETWORK_TEXT.test(message)) return false;
  // undici's cause has no message where `fetch` must stop: a 308 with a stream, integrity of a response without a body
  return PERMANENT_TEXT.test(message) || (message === '' && name === 'Error');
}

/** Its beginning: a `fetch` inside may put the page of an answer into its message, and to search 100 kB takes milliseconds. */
function messageOf(link: unknown): string {
  return (textOf(link, 'message') ?? '').slice(0, 4_000);
}

const MAX_CAUSES = 8;

/** The first code on the error or one of its causes, e.g. `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  return codesIn(causesOf(error))[0];
}

/** What modules in Rust (napi-rs), minipass-fetch, axios and Bare give an error that has no code, or whose cause has it. */
const NO_CODE = /^(Unknown|GenericFailure|FETCH_ERROR|ERR_NETWORK|NETWORK_ERROR)$/;

/** The codes of these errors. */
export function codesIn(chain: readonly unknown[]): string[] {
  const codes = chain.map((link) => textOf(link, 'code'));
  return codes.filter((code) => code !== undefined && !NO_CODE.test(code)) as string[];
}

/**
 * The error and its causes, the nearest first; those of an `AggregateError` count as causes. At most 8, cycles end it.
 */
export function causesOf(error: unknown): unknown[] {
  const chain = new Set([error]);
  // what is added is visited too; `undefined` and `null` may be among it
  for (const link of chain) {
    if (chain.size < MAX_CAUSES + 2) for (const cause of causesBelow(link)) chain.add(cause);
  }
  return [...chain].filter((link) => link !== undefined && link !== null).slice(0, MAX_CAUSES);
}

function causesBelow(link: unknown): unknown[] {
  const errors = memberOf(link, 'errors');
  return [memberOf(link, 'cause'), ...(Array.isArray(errors) ? errors.slice(0, MAX_CAUSES) : [])];
}

/** A member of an error, if it is a text. What is thrown as a text is its own message: Tauri throws so. */
export function textOf(link: unknown, key: string): string | undefined {
  if (typeof link === 'string' && key === 'message') return link;
  const value = memberOf(link, key);
  return typeof value === 'string' ? value : undefined;
}

/** The name of an error, also of one of another realm. The text of anything else may hold secrets. */
export function nameOf(error: unknown): string {
  const name = textOf(error, 'name');
  return name !== undefined && /^\w+$/.test(name) ? name : typeof error;
}
