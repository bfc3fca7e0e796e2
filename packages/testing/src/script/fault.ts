/**
 * A fault that a scripted server plays on a connection.
 *
 * - `refuse`: the port is closed
 * - `reset`: the connection is reset before the response
 * - `reset-after-headers`: reset after the headers, before the first byte of the body
 * - `reset-mid-body`: reset after half of the body
 * - `truncate`: closed without an error after half of the body that `content-length` promised
 * - `stall-headers`: the response never comes
 * - `stall-body`: half of the body, then nothing more
 * - `drip`: the whole body, in small pieces, `every` milliseconds apart
 * - `close`: a whole response, then the server closes the kept-alive connection without notice
 */
export type Fault =
  | 'refuse'
  | 'reset'
  | 'reset-after-headers'
  | 'reset-mid-body'
  | 'truncate'
  | 'stall-headers'
  | 'stall-body'
  | 'drip'
  | 'close';

/** Faults that happen in the body. If the reply has no body, or an empty one, it gets one of 1,024 bytes. */
export const BODY_FAULTS: readonly Fault[] = [
  'reset-after-headers',
  'reset-mid-body',
  'truncate',
  'stall-body',
  'drip',
];

export const FAULTS: readonly Fault[] = ['refuse', 'reset', 'stall-headers', 'close', ...BODY_FAULTS];

/** The number of bytes that are sent before the body breaks off or stalls. */
export function sentBefore(fault: Fault | undefined, length: number): number {
  return fault === 'reset-after-headers' ? 0 : length >> 1;
}

/** Splits a body into at most ten pieces, for `drip`. */
export function pieces(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const size = Math.max(1, Math.ceil(body.length / 10));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < body.length; start += size) parts.push(body.subarray(start, start + size));
  return parts;
}
