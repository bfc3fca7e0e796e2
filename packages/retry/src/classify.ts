import { classifyError, type ErrorClass } from '@steadfetch/core';
import isNetworkError from 'is-network-error';

/** As `classifyError`, and what the engine's table of runtimes knows on top. */
export function classify(error: unknown): ErrorClass {
  const known = classifyError(error);
  if (known.kind !== 'bug' || known.code !== undefined || !looksLikeNetwork(error)) return known;
  return { kind: 'network', sent: 'maybe', permanent: false };
}

/** A thrown proxy may refuse to be looked at. */
function looksLikeNetwork(error: unknown): boolean {
  try {
    return isNetworkError(error);
  } catch {
    return false;
  }
}
