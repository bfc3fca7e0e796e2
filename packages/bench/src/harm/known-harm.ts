import type { Part } from './situation.ts';

/** The rows that a part harms when it is switched on: why it is off by default. Strike a row when it turns green. */
export const KNOWN_HARM: Partial<Record<Part, readonly string[]>> = {
  // calls wait at a gate, or are refused there, that the server would have answered
  rateLimit: [
    'two paths of four always 429 with Retry-After 30, ten workers, calls to the others',
    '429 without a hint to all for 2 s, 20/s',
    // all calls succeed at an even pace, and so the typical one takes longer
    'a job of fifty workers meets a window of 100 each 10 s, which the server tells',
  ],
  // a circuit that is open refuses at once, and a job runs through its items
  circuitBreaker: [
    'a job of five workers, a second each, meets 504 after a second for 30 s',
    'a job of five workers meets 503 for a minute',
  ],
};
