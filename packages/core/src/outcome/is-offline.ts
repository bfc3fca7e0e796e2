import { hasNetwork } from '../runtime.ts';
import { causesOf, codesIn, textOf } from './classify-error.ts';
import { TRANSIENT } from './error-codes.ts';

/** Codes that say that nothing has left this machine. */
const NOT_LEFT =
  /^E(NOTFOUND|AI_AGAIN|AI_NODATA|SERVFAIL|NETUNREACH|NETDOWN|ADDRNOTAVAIL|ADDRINUSE|AGAIN|[MN]FILE|NOBUFS)$/;
/** The same in the words of Safari, Deno and Electron. */
const OFFLINE_TEXT =
  /appears to be offline|specified hostname could not be found|dns error|net::ERR_(?:INTERNET_DISCONNECTED|NAME_NOT_RESOLVED|NETWORK_CHANGED)/;

/**
 * Whether a failure is that of this machine's own network: it found no name or no way, so the server was not asked. Of several
 * addresses that were tried, none may have been reached.
 */
export function isOffline(error: unknown): boolean {
  if (!hasNetwork()) return true;
  const chain = causesOf(error);
  // a `fetch` inside may give its error a code of its own
  const codes = codesIn(chain).filter((code) => TRANSIENT.test(code));
  if (codes.length > 0) return codes.every((code) => NOT_LEFT.test(code));
  return chain.some((link) => OFFLINE_TEXT.test(textOf(link, 'message') ?? ''));
}
