import type { RequestInfo } from '../call/platform-types.ts';

/** The options of one call that are not in `RequestInit`. Packages add their members by declaration merging. */
export interface CallOptions {
  /** Any value. Observers of the call find it in its events. */
  meta?: unknown;
}

/** The same options in a member that no other library reads, for a call through a library with options of the same names. */
export interface NamedOptions {
  steadfetch?: CallOptions;
}

/** The first argument of the runtime's `fetch`. React Native's own types have no `URL`; beside the types of the DOM one is allowed. */
type Input = typeof fetch extends (input: RequestInfo | URL) => Promise<Response>
  ? RequestInfo | URL
  : Parameters<typeof fetch>[0];

/** The type of `fetch`. Every composed stack has it too. */
export type Fetch = (input: Input, init?: RequestInit & CallOptions & NamedOptions) => Promise<Response>;

/** A function from fetch to fetch. */
export type Middleware = (next: Fetch) => Fetch;
