import type { Part } from './situation.ts';

/** The rows that a part harms when it is switched on: why it is off by default. Strike a row when it turns green. */
export const KNOWN_HARM: Partial<Record<Part, readonly string[]>> = {
  // calls wait at a gate that has widened, or for a time that the server did not mean
  rateLimit: [
    'one path of four always 429 without a hint, ten workers, calls to the others',
    'a proxy says 429 with Retry-After 3600 to all for 300 ms, 60/s',
  ],
  // a circuit that is open refuses at once, and a job runs through its items
  circuitBreaker: ['a job of five workers meets 503 for a minute'],
};
