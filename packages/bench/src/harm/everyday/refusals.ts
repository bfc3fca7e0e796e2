import { each, pages, perSecond, workers } from '../arrivals.ts';
import { others, thirdToOne } from '../asks.ts';
import { between, bucket, eachOf, except, OK, refusal, sometimes, under, windowOf } from '../servers.ts';
import type { Asked, Situation } from '../situation.ts';

const MINUTE = 60_000;

const tenant = (index: number): Asked => ({
  path: `/items/${index % 10}`,
  init: { headers: { authorization: index % 2 === 0 ? 'Bearer spent' : 'Bearer other' } },
});

/** Refusals that mean little. */
export const REFUSALS: readonly Situation[] = [
  {
    name: '1 % random 503, Retry-After 1, 50/s',
    lasts: 40_000,
    calls: perSecond(50, 40_000),
    server: sometimes(0.01, refusal(503, 1)),
  },
  {
    name: '5 % random 503, Retry-After 1, 50/s',
    lasts: 40_000,
    calls: perSecond(50, 40_000),
    server: sometimes(0.05, refusal(503, 1)),
  },
  {
    name: '2 % random 429 without a limit, 100/s',
    lasts: 20_000,
    calls: perSecond(100, 20_000),
    server: sometimes(0.02, refusal(429)),
  },
  {
    name: '1 % random 429, Retry-After 1, 40/s',
    lasts: 40_000,
    calls: perSecond(40, 40_000),
    server: sometimes(0.01, refusal(429, 1)),
  },
  {
    name: 'one 503 with Retry-After 120, then all well, 20/s',
    lasts: 150_000,
    calls: perSecond(20, 50_000),
    server: () => {
      let requests = 0;
      return () => (++requests === 100 ? refusal(503, 120) : OK);
    },
  },
  {
    name: 'one 429 with Retry-After 30 at low traffic, a call every 2 s',
    lasts: 2 * MINUTE,
    calls: each(2_000, 2 * MINUTE),
    server: () => {
      let requests = 0;
      return () => (++requests === 20 ? refusal(429, 30) : OK);
    },
  },
  {
    name: 'a 200 reports remaining 0, reset 80000, but all calls are answered',
    lasts: 40_000,
    calls: perSecond(20, 40_000),
    server: () => () => ({ status: 200, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '80000' } }),
  },
  {
    name: 'one path always 429 with Retry-After 1, calls to the others',
    lasts: 40_000,
    calls: perSecond(30, 40_000),
    ask: thirdToOne,
    judged: others,
    server: except(under('/reports'), refusal(429, 1)),
  },
  {
    name: 'one path down, Retry-After 3600, calls to the others',
    lasts: 40_000,
    calls: perSecond(30, 40_000),
    ask: thirdToOne,
    judged: others,
    server: except(under('/reports'), refusal(503, 3_600)),
  },
  {
    name: 'a 200 reports a quota of one path, calls to the others',
    lasts: MINUTE,
    calls: perSecond(20, MINUTE),
    ask: thirdToOne,
    judged: others,
    server: () => {
      let left = 10;
      return ({ path, at }) => {
        if (path !== '/reports') return OK;
        const headers = { 'x-ratelimit-remaining': String(--left), 'x-ratelimit-reset': String(60 - at / 1_000) };
        return left >= 0 ? { status: 200, headers } : { status: 429, headers: { 'retry-after': '60' } };
      };
    },
  },
  {
    name: "one tenant's quota is exhausted, calls of another",
    lasts: 40_000,
    calls: perSecond(20, 40_000),
    ask: tenant,
    judged: ({ init }) => JSON.stringify(init).includes('other'),
    server: except(({ headers }) => headers.get('authorization') === 'Bearer spent', refusal(429, 60)),
  },
  {
    name: 'pages of 60 calls: one tenant of three always 429 without a hint, calls of the others',
    lasts: 30_000,
    calls: pages(60, 3_000, 30_000),
    ask: (index) => ({ path: `/items/${index % 10}`, init: { headers: { authorization: `Bearer ${index % 3}` } } }),
    judged: ({ init }) => !JSON.stringify(init).includes('Bearer 0'),
    server: except(({ headers }) => headers.get('authorization') === 'Bearer 0', refusal(429)),
  },
  ...[undefined, 1].map((seconds) => ({
    name: `three users of ten above limits of their own${seconds ? ', Retry-After 1' : ''}, calls of the others`,
    lasts: MINUTE,
    calls: perSecond(20, MINUTE),
    ask: (index: number): Asked => ({
      path: `/items/${index % 7}`,
      init: { headers: { authorization: `Bearer ${index % 5 < 3 ? index % 3 : 3 + (index % 7)}` } },
    }),
    judged: ({ init }: Asked) => !/Bearer [0-2]/.test(JSON.stringify(init)),
    server: eachOf(({ headers }) => headers.get('authorization'), bucket(2, 4, refusal(429, seconds))),
  })),
  {
    name: 'one path of four always 429 without a hint, ten workers, calls to the others',
    lasts: 40_000,
    calls: workers(10),
    ask: (index) => ({ path: `/${index % 4}` }),
    judged: ({ path }) => path !== '/0',
    server: () => (request) => (request.path === '/0' ? { status: 429, after: 20 } : { status: 200, after: 100 }),
  },
  {
    name: 'two paths of four always 429 with Retry-After 30, ten workers, calls to the others',
    lasts: MINUTE,
    calls: workers(10),
    ask: (index) => ({ path: `/${index % 4}` }),
    judged: ({ path }) => path > '/1',
    server: () => (request) => (request.path > '/1' ? { status: 200, after: 100 } : refusal(429, 30)),
  },
  {
    name: '429 without a hint to all for 2 s, 20/s',
    lasts: MINUTE,
    over: 22_000,
    calls: perSecond(20, MINUTE),
    server: except(between(20_000, 22_000), refusal(429)),
  },
  {
    name: '429 without a hint to all for a minute, one call a second, one in seven is reset',
    lasts: 5 * MINUTE,
    over: 3 * MINUTE,
    calls: perSecond(1, 5 * MINUTE),
    server: () => (request) => {
      if (between(2 * MINUTE, 3 * MINUTE)(request)) return { status: 429, after: 100 };
      return request.chance < 1 / 7 ? { error: 'ECONNRESET', after: 20 } : OK;
    },
  },
  {
    name: '300 calls at once every minute meet a reported window of 100 in 10 s',
    lasts: 3 * MINUTE,
    calls: pages(300, MINUTE, 3 * MINUTE),
    server: windowOf(100, 10_000),
  },
  {
    name: 'a page of 56 calls every 164 s meets a reported window of 30 in 30 s',
    lasts: 11 * MINUTE,
    calls: pages(56, 164_000, 11 * MINUTE),
    server: windowOf(30, 30_000),
  },
  {
    name: 'a job of fifty workers meets a reported window of 100 in 10 s',
    lasts: 4 * MINUTE,
    most: 1_500,
    calls: workers(50),
    server: windowOf(100, 10_000),
  },
  {
    name: 'a job of twenty workers meets a reported window of 300 in 30 s',
    lasts: 5 * MINUTE,
    most: 3_000,
    calls: workers(20),
    server: windowOf(300, 30_000, 50),
  },
  {
    name: 'a reported quota that others have used up for the next 55 s, answers of a second, 10/s',
    lasts: 2 * MINUTE,
    over: 75_000,
    calls: perSecond(10, 2 * MINUTE),
    server: () => (request) => {
      if (!between(20_000, 75_000)(request)) return { status: 200, after: 1_000 };
      return refusal(429, Math.ceil((75_000 - request.at) / 1_000));
    },
  },
  {
    name: 'a proxy says 429 with Retry-After 3600 to all for 300 ms, 60/s',
    lasts: MINUTE,
    calls: perSecond(60, MINUTE),
    server: except(between(20_000, 20_300), refusal(429, 3_600)),
  },
];
