import { readField } from '@steadfetch/core/kit';

/**
 * How many bytes the body must have, or `undefined` where the response does not say: without `Content-Length`, or when
 * that counts encoded bytes (RFC 9110 §8.4). A cross-origin page cannot see whether it does.
 */
export function promisedLength({ headers, type }: Response): number | undefined {
  if (type === 'cors' || !/^(?:identity)?$/i.test(readField(headers, 'content-encoding') ?? '')) return undefined;
  if (headers.has('transfer-encoding')) return undefined;
  const length = readField(headers, 'content-length') ?? '';
  return /^\d+$/.test(length) ? Number(length) : undefined;
}
