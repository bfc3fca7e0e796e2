/** What one call can be told besides `RequestInit`. Packages add their members by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface CallOptions {}

/** The one shape everything here has: what goes in and out of the platform's `fetch`. */
export type Fetch = (input: RequestInfo | URL, init?: RequestInit & CallOptions) => Promise<Response>;

/** What users compose: a function from fetch to fetch. */
export type Middleware = (next: Fetch) => Fetch;
