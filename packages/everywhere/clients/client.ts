import type { Fetch } from 'steadfetch';

/** What one call of a client may be given. */
export interface CallOptions {
  signal?: AbortSignal;
  /** An `Idempotency-Key`. */
  key?: string;
}

/** A client that is connected to a server. Its calls reject when they fail, as the client's own errors where it throws. */
export interface Connection {
  /** A call that may be repeated. */
  get(options?: CallOptions): Promise<unknown>;
  /** A call that may not, without a key. */
  post(options?: CallOptions): Promise<unknown>;
  /** A streamed answer in parts, where the client has streams. */
  stream?(): AsyncIterable<unknown>;
}

export interface Client {
  /** As it is listed. */
  readonly name: string;
  /** The package that its version is read from. */
  readonly from: string;
  /** Its own retries are off. */
  connect(url: string, fetch: Fetch): Connection;
  /** What the server answers to `get` and `post`. @default { ok: true } */
  readonly answer?: unknown;
  /** The parts that a server streams. @default two lines of text */
  readonly parts?: readonly [string, string];
  /** How an abort looks: the class of the error, or `the reason`. */
  readonly abort: string;
  /** How an answer 503 looks that is the last one. */
  readonly failure: string;
  /** It sends keys of its own with each POST, which is then repeated. */
  readonly sendsKeys?: true;
}

/** A result that is an error without being thrown: `{ error, status }` and the like. */
export class ErrorResult extends Error {
  readonly status: number | undefined;

  constructor(error: unknown, status?: number) {
    super(typeof error === 'string' ? error : JSON.stringify(error), { cause: error });
    this.name = 'ErrorResult';
    this.status = status;
  }
}

/** A response of a plain fetch: its text, or an error with its status. */
export async function textOf(response: Response): Promise<string> {
  if (!response.ok) throw new ErrorResult('not ok', response.status);
  return response.text();
}

/** The parts of a stream as text. */
export async function* textParts(
  body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null,
): AsyncIterable<string> {
  for await (const part of body as AsyncIterable<Uint8Array>) yield new TextDecoder().decode(part);
}

/** `Idempotency-Key`, if there is one. */
export function keyHeader({ key }: CallOptions): Record<string, string> {
  return key === undefined ? {} : { 'idempotency-key': key };
}

/** The options as most clients take them. */
export function initOf(options: CallOptions = {}): { headers: Record<string, string>; signal?: AbortSignal } {
  const { signal } = options;
  return { headers: keyHeader(options), ...(signal && { signal }) };
}
