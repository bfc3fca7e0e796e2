/** The one shape everything here has: what goes in and out of the platform's `fetch`. */
export type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

/** What users compose: a function from fetch to fetch. */
export type Middleware = (next: Fetch) => Fetch;
