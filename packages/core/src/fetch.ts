/** Options of one call besides `RequestInit`. Packages add their members by declaration merging. */
export interface CallOptions {
  /** What observers of the call find in its events, as `meta`. */
  steadfetch?: { meta?: unknown };
}

/** The type of `fetch`, which every composed stack has too. */
export type Fetch = (input: RequestInfo | URL, init?: RequestInit & CallOptions) => Promise<Response>;

/** A function from fetch to fetch. */
export type Middleware = (next: Fetch) => Fetch;
