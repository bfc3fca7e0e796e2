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
  if (textOf(error, 'name') === 'AbortError') return { kind: 'abort', permanent: false };
  const kind = transientKind(error);
  const chain = causesOf(error);
  const codes = codesIn(chain);
  const code = codes.find((code) => TRANSIENT.test(code) || BROKEN_PEER.test(code)) ?? codes[0];
  const isOfNetwork =
    BROKEN_PEER.test(code ?? '') || chain.some((link) => speaksOfNetwork(link) || speaksOfBrokenPeer(link));
  return {
    kind: kind ?? (isOfNetwork ? 'network' : 'bug'),
    permanent: kind === undefined,
    ...(code === undefined ? {} : { code }),
  };
}

/**
 * What a failure that may pass is: the same request may succeed later. `undefined` for an abort, and for what `classifyError`
 * calls permanent.
 *
 * A name, a code or a flag of any error of the chain says it; else the innermost text that says anything, since those above may speak of
 * what was asked for.
 */
export function transientKind(error: unknown): 'timeout' | 'network' | undefined {
  if (textOf(error, 'name') === 'AbortError') return undefined;
  const chain = causesOf(error);
  const verdict = chain.map(markOf).find(Boolean) ?? chain.map(wordOf).reverse().find(Boolean);
  return verdict === 'permanent' ? undefined : verdict;
}

type Verdict = 'timeout' | 'network' | 'permanent' | undefined;

/** What its name, its flag or its code says of a failure that may pass. */
function markOf(link: unknown): Verdict {
  if (textOf(link, 'name') === 'TimeoutError') return 'timeout';
  // `retryable`: a Durable Object that is moved, restarted or deployed anew. `syscall`: there is no connection yet, as with ENOENT of a service
  // behind a Unix socket that is started anew, EPERM of a firewall, EAI_FAIL where no resolver answers (FreeBSD)
  if (memberOf(link, 'retryable') === true || /^(connect|getaddrinfo)$/.test(textOf(link, 'syscall') ?? ''))
    return 'network';
  if (BUSY_PROXY_TEXT.test(messageOf(link))) return 'network';
  const [code = ''] = codesIn([link]);
  if (!TRANSIENT.test(code)) return undefined;
  return speaksOfBrokenPeer(link) ? 'permanent' : TIMED_OUT.test(code) ? 'timeout' : 'network';
}

/** What its text says, or that its code is none of a failure that may pass. */
function wordOf(link: unknown): Verdict {
  if (speaksOfBrokenPeer(link) || codesIn([link]).length > 0) return 'permanent';
  // first, since the text of a network error may quote the URL
  if (speaksOfNetwork(link)) return 'network';
  // undici's cause has no message where `fetch` must stop: a 308 with a stream, integrity of a response without a body
  const message = messageOf(link);
  return PERMANENT_TEXT.test(message) || (message === '' && textOf(link, 'name') === 'Error') ? 'permanent' : undefined;
}

function speaksOfNetwork(link: unknown): boolean {
  return textOf(link, 'name') === 'NetworkError' || NETWORK_TEXT.test(messageOf(link));
}

function speaksOfBrokenPeer(link: unknown): boolean {
  return BROKEN_PEER_TEXT.test(messageOf(link));
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
