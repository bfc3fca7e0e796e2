/** Leave to send one request; handed back with what became of it. */
export interface Permit {
  /** When the request was sent. */
  readonly at: number;
  /** How many requests of its key were sent before it. */
  readonly index: number;
  /** Between which two closings of the gate it was sent. */
  readonly epoch: number;
  /** How many requests were in flight with it, itself included. */
  readonly flight: number;
}

/** What a server says is left. All times are milliseconds. */
export interface Quota {
  readonly limit?: number;
  readonly window?: number;
  readonly remaining: number;
  readonly reset?: number;
}

/** What became of a request. A failed one says nothing about the limit. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly quota?: Quota | undefined }
  | { readonly kind: 'refused'; readonly wait: number | undefined; readonly quota?: Quota | undefined }
  | { readonly kind: 'failed' };
