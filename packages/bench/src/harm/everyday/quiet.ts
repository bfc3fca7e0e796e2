import { each, pages, perSecond, workers } from '../arrivals.ts';
import { post } from '../asks.ts';
import { between, except, OK, sometimes } from '../servers.ts';
import type { Situation } from '../situation.ts';

const MINUTE = 60_000;

/** Nothing fails, or nothing much. */
export const QUIET: readonly Situation[] = [
  {
    name: 'a quarter of the calls take 4 s',
    lasts: MINUTE,
    calls: perSecond(20, MINUTE),
    server: sometimes(0.25, { status: 200, after: 4_000 }),
  },
  {
    name: 'a POST that is answered after 25 s',
    lasts: 2 * MINUTE,
    calls: perSecond(2, 2 * MINUTE),
    ask: post,
    server: () => () => ({ status: 200, after: 25_000 }),
  },
  {
    name: 'a long poll of 9 s',
    lasts: 2 * MINUTE,
    calls: workers(5),
    server: () => () => ({ status: 200, after: 9_000 }),
  },
  {
    name: 'a completion by POST: first piece after 12 s, forty more',
    lasts: 2 * MINUTE,
    calls: each(2_000, 2 * MINUTE),
    ask: post,
    server: () => () => ({ status: 200, after: 12_000, pieces: 40 }),
  },
  {
    name: 'a burst of 200 calls while nothing is wrong',
    lasts: MINUTE,
    calls: pages(200, 30_000, MINUTE),
    server: () => () => OK,
  },
  {
    name: 'a cron call a minute, every first attempt is reset',
    lasts: 60 * MINUTE,
    calls: each(MINUTE, 60 * MINUTE),
    server: () => {
      let requests = 0;
      return () => (++requests % 2 === 1 ? { error: 'ECONNRESET', after: 5 } : OK);
    },
  },
  {
    name: 'a job whose every first attempt is reset, five workers',
    lasts: MINUTE,
    calls: workers(5),
    ask: (index) => ({ path: `/items/${index}` }),
    server: () => {
      const seen = new Set<string>();
      return ({ path }) => {
        if (seen.has(path)) return OK;
        seen.add(path);
        return { error: 'ECONNRESET', after: 5 };
      };
    },
  },
  {
    name: 'a laptop wakes after an hour of sleep, offline for 5 s, a call every 1 s',
    lasts: 2 * MINUTE,
    over: 65_000,
    calls: each(1_000, 2 * MINUTE),
    step: { at: MINUTE, by: 60 * MINUTE },
    server: except(between(MINUTE, 65_000), { error: 'ENETUNREACH', after: 1 }),
  },
];
