import { each, pages, perSecond } from '../arrivals.ts';
import { between, except, refusal } from '../servers.ts';
import type { Reply, Situation } from '../situation.ts';

const MINUTE = 60_000;
const lasting = (name: string, minutes: number, reply: Reply, ms: number): Situation => ({
  name: `${name} for ${minutes} min, a call every ${ms / 1_000} s`,
  lasts: (minutes + 3) * MINUTE,
  over: (minutes + 1) * MINUTE,
  calls: each(ms, (minutes + 3) * MINUTE),
  server: except(between(MINUTE, (minutes + 1) * MINUTE), reply),
});

/** A service that is away as a whole. */
export const OUTAGES: readonly Situation[] = [
  ...[1, 5, 30].map((minutes) => lasting('503', minutes, refusal(503), 2_000)),
  ...[1, 5, 30].map((minutes) => lasting('offline', minutes, { error: 'ENETUNREACH', after: 1 }, 5_000)),
  {
    ...lasting('a maintenance page that says an hour,', 2, refusal(503, 3_600), 1_000),
    name: 'a maintenance page says an hour, but takes two minutes, a call every 1 s',
  },
  {
    name: 'restart: refused for 3 s, 50/s',
    lasts: 40_000,
    over: 13_000,
    calls: perSecond(50, 40_000),
    server: except(between(10_000, 13_000), { error: 'ECONNREFUSED', after: 1 }),
  },
  {
    name: 'DNS is away for 20 s, 10/s',
    lasts: 90_000,
    over: 50_000,
    calls: perSecond(10, 90_000),
    server: except(between(30_000, 50_000), { error: 'EAI_AGAIN', after: 5 }),
  },
  {
    name: 'a proxy answers 502 for 2 s, 50/s',
    lasts: MINUTE,
    over: 12_000,
    calls: perSecond(50, MINUTE),
    server: except(between(10_000, 12_000), refusal(502)),
  },
  {
    name: 'all connections are reset for 300 ms, 100/s',
    lasts: 20_000,
    over: 10_300,
    calls: perSecond(100, 20_000),
    server: except(between(10_000, 10_300), { error: 'ECONNRESET', after: 5 }),
  },
  {
    name: 'a page of 60 calls meets a restart of 400 ms, every 10 s',
    lasts: 2 * MINUTE,
    calls: pages(60, 10_000, 2 * MINUTE),
    server: except(({ at }) => at % 10_000 < 400, { error: 'ECONNREFUSED', after: 1 }),
  },
  {
    name: 'a deployment every minute: 503 for 5 s, 10/s',
    lasts: 4 * MINUTE,
    calls: perSecond(10, 4 * MINUTE),
    server: except(({ at }) => at % MINUTE < 5_000, refusal(503)),
  },
];
