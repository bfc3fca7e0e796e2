import type { RequestInfo } from '../call/platform-types.ts';

/** Options of one call besides `RequestInit`. Packages add their members by declaration merging. */
export interface CallOptions {
  /** What observers of the call find in its events. */
  meta?: unknown;
}

/** The options again in a member that no other library reads: for a call that goes through one with options of the same name. */
export interface NamedOptions {
  steadfetch?: CallOptions;
}

/** The type of `fetch`, which every composed stack has too. */
export type Fetch = (input: RequestInfo | URL, init?: RequestInit & CallOptions & NamedOptions) => Promise<Response>;

/** A function from fetch to fetch. */
export type Middleware = (next: Fetch) => Fetch;
