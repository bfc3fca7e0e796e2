import {
  BROKEN_PEER,
  BROKEN_PEER_TEXT,
  NETWORK_TEXT,
  NEVER_SENT,
  NEVER_SENT_TEXT,
  PERMANENT_TEXT,
  TIMED_OUT,
  TRANSIENT,
} from './error-codes.ts';

/** What an error of `fetch` says about the request. */
export interface ErrorClass {
  /** `bug`: a mistake in the program, or something unknown. */
  kind: 'abort' | 'timeout' | 'network' | 'bug';
  /** `no`: this hop never carried the request. A redirect may have been followed before it. */
  sent: 'no' | 'maybe';
  /** True when the same request will fail the same way: certificates, bad URLs, redirect loops, bugs. */
  permanent: boolean;
  /** The code found on the error or on one of its causes, e.g. `ECONNREFUSED`. */
  code?: string;
}

/**
 * Tells network errors from aborts, timeouts and bugs: by the `code` along the chain of causes first, then by the
 * texts that browsers and runtimes use. Never throws, whatever was thrown.
 *
 * An abort is known here by its name alone. To tell whether the caller aborted, test the caller's signal.
 */
export function classifyError(error: unknown): ErrorClass {
  const chain = causesOf(error);
  const name = textOf(chain[0], 'name');
  if (name === 'AbortError') return { kind: 'abort', sent: 'maybe', permanent: false };
  if (name === 'TimeoutError') return { kind: 'timeout', sent: 'maybe', permanent: false };
  const coded = chain.find((link) => textOf(link, 'code') !== undefined);
  const network = name === 'NetworkError' || chain.some((link) => NETWORK_TEXT.test(textOf(link, 'message') ?? ''));
  if (coded !== undefined) return byCode(textOf(coded, 'code')!, coded, network);
  if (!network) return { kind: 'bug', sent: 'maybe', permanent: true };
  const sent = chain.some((link) => NEVER_SENT_TEXT.test(textOf(link, 'message') ?? '')) ? 'no' : 'maybe';
  return { kind: 'network', sent, permanent: chain.some(isPermanent) };
}

/** The texts of network errors, and that of ky's, may quote the URL: only what lies below one says why. */
function isPermanent(link: unknown): boolean {
  const message = textOf(link, 'message') ?? '';
  if (BROKEN_PEER_TEXT.test(message)) return true;
  if (textOf(link, 'name') === 'NetworkError' || NETWORK_TEXT.test(message)) return false;
  return PERMANENT_TEXT.test(message) || isUnexplained(link, message);
}

/** undici gives no reason where `fetch` may not go on: a 308 with a stream, integrity of an answer without a body. */
function isUnexplained(link: unknown, message: string): boolean {
  return message === '' && textOf(link, 'name') === 'Error';
}

function byCode(code: string, link: unknown, network: boolean): ErrorClass {
  const refused = code === 'ERR_HTTP2_STREAM_ERROR' && /REFUSED_STREAM/.test(textOf(link, 'message') ?? '');
  const syscall = textOf(link, 'syscall');
  const never = refused || (NEVER_SENT.has(code) && syscall !== 'read' && syscall !== 'write');
  if (never || NEVER_SENT.has(code) || TRANSIENT.has(code)) {
    const sent = never || syscall === 'connect' ? 'no' : 'maybe';
    return { kind: TIMED_OUT.has(code) ? 'timeout' : 'network', sent, permanent: false, code };
  }
  return { kind: network || BROKEN_PEER.test(code) ? 'network' : 'bug', sent: 'maybe', permanent: true, code };
}

const MAX_CAUSES = 8;

/** The error and its causes, the nearest first; those of an `AggregateError` count as causes. At most 8, cycles end it. */
export function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  const queue = [error];
  while (queue.length > 0 && chain.length < MAX_CAUSES) {
    const link = queue.shift();
    if (link === undefined || link === null || chain.includes(link)) continue;
    chain.push(link);
    queue.push(...causesBelow(link));
  }
  return chain;
}

function causesBelow(link: unknown): unknown[] {
  try {
    const { cause, errors } = link as { cause?: unknown; errors?: unknown };
    return [cause, ...(Array.isArray(errors) ? errors.slice(0, MAX_CAUSES) : [])];
  } catch {
    return [];
  }
}

function textOf(link: unknown, key: 'name' | 'code' | 'message' | 'syscall'): string | undefined {
  try {
    const value = (link as Record<string, unknown>)[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
