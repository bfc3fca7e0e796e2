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

/** What `fetch` of the runtime takes, in one of its overloads: in React Native no `URL`, but beside the types of the DOM. */
type Input = typeof fetch extends (input: RequestInfo | URL) => Promise<Response>
  ? RequestInfo | URL
  : Parameters<typeof fetch>[0];

/** The type of `fetch`, which every composed stack has too. */
export type Fetch = (input: Input, init?: RequestInit & CallOptions & NamedOptions) => Promise<Response>;

/** A function from fetch to fetch. */
export type Middleware = (next: Fetch) => Fetch;
