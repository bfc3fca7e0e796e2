import type { Script } from '@steadfetch/testing';

/** One button: the call, and the replies of the server. */
export interface Scenario {
  readonly name: string;
  readonly script: Script;
  readonly method?: string;
  /** Whether the call has an Idempotency-Key. */
  readonly keyed?: boolean;
}

const slowly = (status: number, headers: Record<string, string> = {}) => ({ status, headers, delay: 150 });

export const SCENARIOS: readonly Scenario[] = [
  { name: '503 twice', script: [slowly(503), slowly(503), slowly(200)] },
  { name: 'Retry-After: 2', script: [slowly(429, { 'retry-after': '2' }), slowly(200)] },
  { name: 'Network error', script: [{ networkError: true, delay: 150 }, slowly(200)] },
  { name: 'POST without a key', method: 'POST', script: slowly(503) },
  { name: 'POST with a key', method: 'POST', keyed: true, script: [slowly(503), slowly(201)] },
  { name: 'Down for good', script: slowly(500) },
];
