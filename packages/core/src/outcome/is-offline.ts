import { hasNetwork } from '../runtime.ts';
import { causesOf, codesIn, textOf } from './classify-error.ts';
import { TRANSIENT } from './error-codes.ts';

/** Codes of failures before anything left this machine. */
const NOT_SENT =
  /^E(NOTFOUND|AI_AGAIN|AI_NODATA|SERVFAIL|NETUNREACH|NETDOWN|ADDRNOTAVAIL|ADDRINUSE|AGAIN|[MN]FILE|NOBUFS)$/;
/** Messages of Safari, Deno and Electron for such failures. */
const OFFLINE_TEXT =
  /appears to be offline|specified hostname could not be found|dns error|net::ERR_(?:INTERNET_DISCONNECTED|NAME_NOT_RESOLVED|NETWORK_CHANGED)/;

/**
 * Whether a failure comes from this machine's own network: it could not resolve the name or found no route, so the server got nothing. If
 * several addresses were tried, this must hold for each.
 */
export function isOffline(error: unknown): boolean {
  if (!hasNetwork()) return true;
  const chain = causesOf(error);
  // other codes are ignored: a `fetch` inside may add one of its own
  const codes = codesIn(chain).filter((code) => TRANSIENT.test(code));
  if (codes.length > 0) return codes.every((code) => NOT_SENT.test(code));
  return chain.some((link) => OFFLINE_TEXT.test(textOf(link, 'message') ?? ''));
}
