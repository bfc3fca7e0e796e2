import { perSecond, workers } from '../arrivals.ts';
import { between, bucket, except, refusal } from '../servers.ts';
import type { Situation } from '../situation.ts';

const MINUTE = 60_000;

/** A job takes its next item as soon as the last one ended: it must not run through its items while they fail. */
export const JOBS: readonly Situation[] = [
  {
    name: 'a job of five workers meets 503 for 10 s',
    lasts: 2 * MINUTE,
    calls: workers(5),
    server: (() => {
      const away = between(30_000, 40_000);
      return () => (request) => ({ status: away(request) ? 503 : 200, after: 100 });
    })(),
  },
  {
    name: '503 with Retry-After 3 for 5 s, 20 calls a second',
    lasts: MINUTE,
    calls: perSecond(20, MINUTE),
    server: except(between(20_000, 25_000), refusal(503, 3)),
    over: 25_000,
  },
  {
    name: 'a job of fifty workers meets 503 with Retry-After 3 for 20 s',
    lasts: 2 * MINUTE,
    most: 8_000,
    calls: workers(50),
    server: except(between(3_000, 23_000), refusal(503, 3)),
  },
  {
    name: 'a job of five workers, a second each, meets 504 after a second for 30 s',
    lasts: 4 * MINUTE,
    calls: workers(5),
    server: (() => {
      const away = between(MINUTE, MINUTE + 30_000);
      return () => (request) => ({ status: away(request) ? 504 : 200, after: 1_000 });
    })(),
  },
  {
    name: 'a job of ten workers meets a limit of 5/s with Retry-After 1',
    lasts: 2 * MINUTE,
    calls: workers(10),
    server: bucket(5, 5, refusal(429, 1)),
  },
  {
    name: 'a job of five workers meets 503 for a minute',
    lasts: 6 * MINUTE,
    calls: workers(5),
    server: (() => {
      const away = between(MINUTE, 2 * MINUTE);
      return () => (request) => ({ status: away(request) ? 503 : 200, after: 100 });
    })(),
  },
  {
    name: 'a job of five workers meets refused connections for 10 s',
    lasts: 2 * MINUTE,
    calls: workers(5),
    server: (() => {
      const away = between(30_000, 40_000);
      return () => (request) => (away(request) ? { error: 'ECONNREFUSED', after: 1 } : { status: 200, after: 100 });
    })(),
  },
];
