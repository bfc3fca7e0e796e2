import type { Part } from './situation.ts';

/** The rows that a part harms when it is switched on: why it is off by default. Strike a row when it turns green. */
export const KNOWN_HARM: Partial<Record<Part, readonly string[]>> = {
  // a circuit that is open refuses at once, and a job runs through its items
  circuitBreaker: [
    'a job of five workers, a second each, meets 504 after a second for 30 s',
    'a job of five workers meets 503 for a minute',
  ],
};
