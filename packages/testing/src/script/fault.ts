/**
 * What goes wrong on a connection.
 *
 * - `refuse`: the port is closed
 * - `reset`: the connection is reset before any answer
 * - `reset-after-headers`: reset after the headers, before the first byte of the body
 * - `reset-mid-body`: reset after half of the body
 * - `truncate`: closed in order after half of the body that `content-length` promised
 * - `stall-headers`: never an answer
 * - `stall-body`: half of the body, then nothing more
 * - `drip`: the whole body, in small pieces, `every` milliseconds apart
 * - `close`: a whole answer, then the kept-alive connection is closed without notice
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

/** Faults that need a body to show: they get one of 1,024 bytes where the reply has none. */
export const BODY_FAULTS: readonly Fault[] = [
  'reset-after-headers',
  'reset-mid-body',
  'truncate',
  'stall-body',
  'drip',
];

export const FAULTS: readonly Fault[] = ['refuse', 'reset', 'stall-headers', 'close', ...BODY_FAULTS];

/** How many bytes of a body are sent before it breaks off or stalls. */
export function sentBefore(fault: Fault | undefined, length: number): number {
  return fault === 'reset-after-headers' ? 0 : length >> 1;
}

/** The pieces of a body that drips: ten at most. */
export function pieces(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const size = Math.max(1, Math.ceil(body.length / 10));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < body.length; start += size) parts.push(body.subarray(start, start + size));
  return parts;
}
