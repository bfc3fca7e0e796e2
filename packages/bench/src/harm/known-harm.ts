import type { Part } from './situation.ts';

/** The rows that a part harms: why it is off by default, or what it costs. Strike a row when it turns green. */
export const KNOWN_HARM: Partial<Record<Part, readonly string[]>> = {
  // held calls wait for the first good answer, which takes a second; calls whose time ends before it fail, 1.8 points more than behind a plain retry
  budget: ['a reported quota that others have used up for the next 55 s, answers of a second, 10/s'],
  // all succeed, at an even pace, half of them within 2 s; behind a plain retry most are answered at once, and 13 % fail
  rateLimit: ['a job of fifty workers meets a reported window of 100 in 10 s'],
  // a circuit that is open refuses at once, and a job runs through its items
  circuitBreaker: [
    'a job of five workers, a second each, meets 504 after a second for 30 s',
    'a job of five workers meets 503 for a minute',
  ],
};
