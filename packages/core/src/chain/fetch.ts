/** Options of one call besides `RequestInit`. Packages add their members by declaration merging. */
export interface CallOptions {
  /** What observers of the call find in its events. */
  meta?: unknown;
}

/** The options again in a member that no other library reads: for a call that goes through one with options of the same name. */
export interface NamedOptions {
  steadfetch?: CallOptions;
}

/** The type of `fetch`, which every composed stack has too. It takes what that of the runtime takes: in React Native no `URL`. */
export type Fetch = (
  input: Parameters<typeof fetch>[0],
  init?: RequestInit & CallOptions & NamedOptions,
) => Promise<Response>;

/** A function from fetch to fetch. */
export type Middleware = (next: Fetch) => Fetch;
