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

/** What kind of failure an error of `fetch` is. */
export interface ErrorClass {
  /** `bug`: a mistake in the program, or an unknown error. */
  kind: 'abort' | 'timeout' | 'network' | 'bug';
  /** Whether the same request will fail again: certificates, bad URLs, redirect loops, bugs. */
  permanent: boolean;
  /** The code found on the error or on one of its causes, e.g. `ECONNREFUSED`. */
  code?: string;
}

/**
 * Distinguishes network errors, aborts, timeouts and bugs: first by each `code` in the chain of causes, then by the
 * messages that browsers and runtimes use. Never throws, whatever was thrown.
 *
 * Recognises an abort by its name alone. To find out whether the caller aborted, check the caller's signal. The result does not say
 * whether the request was sent, since no error proves that.
 */
export function classifyError(error: unknown): ErrorClass {
  if (textOf(error, 'name') === 'AbortError') return { kind: 'abort', permanent: false };
  const kind = transientKind(error);
  const chain = causesOf(error);
  const codes = codesIn(chain);
  const code = codes.find((code) => TRANSIENT.test(code) || BROKEN_PEER.test(code)) ?? codes[0];
  const isNetwork =
    BROKEN_PEER.test(code ?? '') || chain.some((link) => speaksOfNetwork(link) || speaksOfBrokenPeer(link));
  return {
    kind: kind ?? (isNetwork ? 'network' : 'bug'),
    permanent: kind === undefined,
    ...(code === undefined ? {} : { code }),
  };
}

/**
 * The kind of a transient failure, after which the same request may succeed. `undefined` for an abort, and for an error that
 * `classifyError` calls permanent.
 *
 * The name, code or flag of any error in the chain decides. Without one, the message of the innermost error that matches a known text
 * does: outer messages may quote the request.
 */
export function transientKind(error: unknown): 'timeout' | 'network' | undefined {
  if (textOf(error, 'name') === 'AbortError') return undefined;
  const chain = causesOf(error);
  const verdict = chain.map(byCode).find(Boolean) ?? chain.map(byText).reverse().find(Boolean);
  return verdict === 'permanent' ? undefined : verdict;
}

type Verdict = 'timeout' | 'network' | 'permanent' | undefined;

/** The verdict from the name, a flag or the code of one error. `undefined` if they show no transient failure. */
function byCode(link: unknown): Verdict {
  if (textOf(link, 'name') === 'TimeoutError') return 'timeout';
  // `retryable`: a Durable Object that moves, restarts or is redeployed. `syscall`: no connection was made, whatever the code. Examples: ENOENT
  // of a service behind a Unix socket while it restarts, EPERM of a firewall, EAI_FAIL when no resolver answers (FreeBSD).
  if (memberOf(link, 'retryable') === true || /^(connect|getaddrinfo)$/.test(textOf(link, 'syscall') ?? ''))
    return 'network';
  if (BUSY_PROXY_TEXT.test(messageOf(link))) return 'network';
  const [code = ''] = codesIn([link]);
  if (!TRANSIENT.test(code)) return undefined;
  return speaksOfBrokenPeer(link) ? 'permanent' : TIMED_OUT.test(code) ? 'timeout' : 'network';
}

/** The verdict from the message of one error. An error with a code is permanent here: `byCode` has handled the transient codes. */
function byText(link: unknown): Verdict {
  if (speaksOfBrokenPeer(link) || codesIn([link]).length > 0) return 'permanent';
  // before the permanent texts, since the message of a network error may quote the URL
  if (speaksOfNetwork(link)) return 'network';
  // a cause from undici without a message: `fetch` cannot go on, e.g. a 308 for a stream, or integrity of a response without a body
  const message = messageOf(link);
  return PERMANENT_TEXT.test(message) || (message === '' && textOf(link, 'name') === 'Error') ? 'permanent' : undefined;
}

function speaksOfNetwork(link: unknown): boolean {
  return textOf(link, 'name') === 'NetworkError' || NETWORK_TEXT.test(messageOf(link));
}

function speaksOfBrokenPeer(link: unknown): boolean {
  return BROKEN_PEER_TEXT.test(messageOf(link));
}

/** The start of the message. Some clients put the whole body of an answer into it, and searching 100 kB takes milliseconds. */
function messageOf(link: unknown): string {
  return (textOf(link, 'message') ?? '').slice(0, 4_000);
}

const MAX_CAUSES = 8;

/** The first code in the chain of causes, e.g. `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  return codesIn(causesOf(error))[0];
}

/** Generic codes of Rust modules (napi-rs), minipass-fetch, axios and Bare. The error has no real code, or its cause has it. */
const GENERIC_CODE = /^(Unknown|GenericFailure|FETCH_ERROR|ERR_NETWORK|NETWORK_ERROR)$/;

/** The codes of these errors. */
export function codesIn(chain: readonly unknown[]): string[] {
  const codes = chain.map((link) => textOf(link, 'code'));
  return codes.filter((code) => code !== undefined && !GENERIC_CODE.test(code)) as string[];
}

/**
 * The error and its causes, the nearest first. The errors of an `AggregateError` count as causes. Returns at most 8, and each once.
 */
export function causesOf(error: unknown): unknown[] {
  const chain = new Set([error]);
  // the loop also visits links that it adds; they may be `undefined` or `null`
  for (const link of chain) {
    if (chain.size < MAX_CAUSES + 2) for (const cause of causesBelow(link)) chain.add(cause);
  }
  return [...chain].filter((link) => link !== undefined && link !== null).slice(0, MAX_CAUSES);
}

function causesBelow(link: unknown): unknown[] {
  const errors = memberOf(link, 'errors');
  return [memberOf(link, 'cause'), ...(Array.isArray(errors) ? errors.slice(0, MAX_CAUSES) : [])];
}

/** A member of an error, if it is a string. A thrown string is its own message: Tauri throws strings. */
export function textOf(link: unknown, key: string): string | undefined {
  if (typeof link === 'string' && key === 'message') return link;
  const value = memberOf(link, key);
  return typeof value === 'string' ? value : undefined;
}

/** The name of an error, also from another realm; otherwise the type of the thrown value, whose text may hold secrets. */
export function nameOf(error: unknown): string {
  const name = textOf(error, 'name');
  return name !== undefined && /^\w+$/.test(name) ? name : typeof error;
}
