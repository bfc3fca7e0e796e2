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

/** What an error of `fetch` means for the request. */
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
 * Distinguishes network errors, aborts, timeouts and bugs: by the `code` along the chain of causes first, then by the
 * texts that browsers and runtimes use. Never throws, whatever was thrown.
 *
 * Recognises an abort by its name alone. To know whether the caller aborted, test the caller's signal.
 */
export function classifyError(error: unknown): ErrorClass {
  const name = textOf(error, 'name');
  if (name === 'AbortError') return { kind: 'abort', sent: 'maybe', permanent: false };
  if (name === 'TimeoutError') return { kind: 'timeout', sent: 'maybe', permanent: false };
  const chain = causesOf(error);
  const messages = chain.map((link) => textOf(link, 'message') ?? '');
  const says = (text: RegExp) => messages.some((message) => text.test(message));
  const network = name === 'NetworkError' || says(NETWORK_TEXT);
  for (const [index, link] of chain.entries()) {
    const code = textOf(link, 'code');
    if (code !== undefined) return byCode(code, textOf(link, 'syscall'), messages[index]!, network);
  }
  if (!network) return { kind: 'bug', sent: 'maybe', permanent: true };
  const permanent = says(BROKEN_PEER_TEXT) || chain.some((link, index) => isPermanent(link, messages[index]!));
  return { kind: 'network', sent: says(NEVER_SENT_TEXT) ? 'no' : 'maybe', permanent };
}

/** The texts of network errors, and that of ky's, may quote the URL: only what lies below one says why. */
function isPermanent(link: unknown, message: string): boolean {
  const name = textOf(link, 'name');
  if (name === 'NetworkError' || NETWORK_TEXT.test(message)) return false;
  // undici's cause has no message where `fetch` must stop: a 308 with a stream, integrity of a response without a body
  return PERMANENT_TEXT.test(message) || (message === '' && name === 'Error');
}

function byCode(code: string, syscall: string | undefined, message: string, network: boolean): ErrorClass {
  const unsent = NEVER_SENT.test(code);
  if (!unsent && !TRANSIENT.test(code)) {
    return { kind: network || BROKEN_PEER.test(code) ? 'network' : 'bug', sent: 'maybe', permanent: true, code };
  }
  const refused = code === 'ERR_HTTP2_STREAM_ERROR' && /REFUSED_STREAM/.test(message);
  const never = refused || syscall === 'connect' || (unsent && syscall !== 'read' && syscall !== 'write');
  return { kind: TIMED_OUT.test(code) ? 'timeout' : 'network', sent: never ? 'no' : 'maybe', permanent: false, code };
}

const MAX_CAUSES = 8;

/**
 * The error and its causes, the nearest first; those of an `AggregateError` count as causes. At most 8, cycles end it.
 */
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

function textOf(link: unknown, key: string): string | undefined {
  try {
    const value = (link as Record<string, unknown>)[key];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
