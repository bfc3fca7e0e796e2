import type { Clock } from '@steadfetch/core';

/** One call that the scripted server received. */
export interface RecordedRequest {
  /** 0 for the first call. */
  readonly index: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** The body as text, at most the first 64 kB. '' if there is none. */
  readonly body: string;
  /** The same part of the body as bytes. */
  readonly bytes: Uint8Array;
  /** The size of the whole body. */
  readonly size: number;
  /** When the call came, on the clock of the scripted server. */
  readonly at: number;
  /** Milliseconds since the scripted server was created. */
  readonly elapsed: number;
  /** The status of the response; `undefined` before the response, and if none was sent. */
  readonly status: number | undefined;
  /** The failure that the script asked for: a fault, the code of a network error, or `network-error`. */
  readonly fault: string | undefined;
  /** The error of the script, if it threw or its replies were used up. */
  readonly problem: unknown;
}

/** A record that the server may still change. */
export type OpenRecord = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

/** Records calls in the order they come. */
export interface Recorder {
  readonly requests: RecordedRequest[];
  open(method: string, url: string, headers: Headers): OpenRecord;
}

export function recorder(clock: Clock): Recorder {
  const requests: RecordedRequest[] = [];
  const start = clock.now();
  return {
    requests,
    open: (method, url, headers) => {
      const at = clock.now();
      const record = blank(requests.length, { method, url, headers, at, elapsed: at - start });
      requests.push(record);
      return record;
    },
  };
}

const MAX_RECORDED_BYTES = 65_536;
const NOTHING = new Uint8Array(0);

function blank(
  index: number,
  seen: Pick<RecordedRequest, 'method' | 'url' | 'headers' | 'at' | 'elapsed'>,
): OpenRecord {
  return {
    index,
    ...seen,
    bytes: NOTHING,
    size: 0,
    status: undefined,
    fault: undefined,
    problem: undefined,
    get body() {
      return new TextDecoder().decode(this.bytes);
    },
  };
}

/** Reads a body to its end and records its first bytes. */
export async function recordBody(record: OpenRecord, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const kept: Uint8Array[] = [];
  try {
    for await (const chunk of chunks) {
      const room = MAX_RECORDED_BYTES - record.size;
      if (room > 0) kept.push(chunk.subarray(0, room));
      record.size += chunk.length;
    }
  } finally {
    record.bytes = join(kept); // also the part of a body that breaks off
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes;
}
