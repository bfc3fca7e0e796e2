import { bursts, each, pages, perSecond, workers } from './arrivals.ts';
import { balanced, between, bucket, except, OK, sometimes, under } from './servers.ts';
import type { Asked, Reply, Server, Situation } from './situation.ts';

const MINUTE = 60_000;
const refusal = (status: number, seconds?: number): Reply => ({
  status,
  headers: seconds === undefined ? {} : { 'retry-after': String(seconds) },
});
/** Every third call goes to one path, the others to ten others. */
const thirdToOne = (index: number): Asked => ({ path: index % 3 === 0 ? '/reports' : `/items/${index % 10}` });
const others = ({ path }: Asked) => path !== '/reports';
const post = (index: number): Asked => ({ path: `/orders/${index % 10}`, init: { method: 'POST', body: '{}' } });
const tenant = (index: number): Asked => ({
  path: `/items/${index % 10}`,
  init: { headers: { authorization: index % 2 === 0 ? 'Bearer spent' : 'Bearer other' } },
});
/** Accepts so many in each window, and tells when the next one begins. */
const windowOf =
  (most: number, ms: number, after = 20) =>
  (): Server => {
    let left = most;
    let until = 0;
    return ({ at }) => {
      if (at >= until) [left, until] = [most, ms * (Math.floor(at / ms) + 1)];
      return --left >= 0 ? { status: 200, after } : refusal(429, Math.ceil((until - at) / 1_000));
    };
  };
/** Each credential has a server of its own. */
const eachUser = (server: () => Server) => (): Server => {
  const servers = new Map<string | null, Server>();
  return (request) => {
    const who = request.headers.get('authorization');
    const own = servers.get(who) ?? server();
    servers.set(who, own);
    return own(request);
  };
};
const lasting = (name: string, minutes: number, reply: Reply, ms: number): Situation => ({
  name: `${name} for ${minutes} min, a call each ${ms / 1_000} s`,
  lasts: (minutes + 3) * MINUTE,
  over: (minutes + 1) * MINUTE,
  calls: each(ms, (minutes + 3) * MINUTE),
  server: except(between(MINUTE, (minutes + 1) * MINUTE), reply),
});

/** Refusals that mean little. */
const REFUSALS: readonly Situation[] = [
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
    name: 'one 429 with Retry-After 30 in the quiet, a call each 2 s',
    lasts: 2 * MINUTE,
    calls: each(2_000, 2 * MINUTE),
    server: () => {
      let requests = 0;
      return () => (++requests === 20 ? refusal(429, 30) : OK);
    },
  },
  {
    name: 'a 200 that says remaining 0, reset 80000, and goes on answering',
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
    name: 'a quota of one path told on a 200, calls to the others',
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
    name: "one tenant's quota is spent, calls of another",
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
    server: eachUser(bucket(2, 4, refusal(429, seconds))),
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
    name: '300 calls at once meet a window of 100 each 10 s, which the server tells, each minute',
    lasts: 3 * MINUTE,
    calls: pages(300, MINUTE, 3 * MINUTE),
    server: windowOf(100, 10_000),
  },
  {
    name: 'a page of 56 calls each 164 s meets a window of 30 each 30 s, which the server tells',
    lasts: 11 * MINUTE,
    calls: pages(56, 164_000, 11 * MINUTE),
    server: windowOf(30, 30_000),
  },
  {
    name: 'a job of fifty workers meets a window of 100 each 10 s, which the server tells',
    lasts: 4 * MINUTE,
    most: 1_500,
    calls: workers(50),
    server: windowOf(100, 10_000),
  },
  {
    name: 'a job of twenty workers meets a window of 300 each 30 s, which the server tells',
    lasts: 5 * MINUTE,
    most: 3_000,
    calls: workers(20),
    server: windowOf(300, 30_000, 50),
  },
  {
    name: 'a quota that others have used up for the next 55 s, which the server tells, answers of a second, 10/s',
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

/** Parts of a service that fail while it works. */
const PARTIAL: readonly Situation[] = [
  {
    name: 'one path (a third of the calls) always 500, calls to the others',
    lasts: 40_000,
    calls: perSecond(30, 40_000),
    ask: thirdToOne,
    judged: others,
    server: except(under('/reports'), refusal(500)),
  },
  {
    name: 'one path (a third of the calls) hangs, calls to the others',
    lasts: MINUTE,
    calls: perSecond(10, MINUTE),
    ask: thirdToOne,
    judged: others,
    server: except(under('/reports'), 'hang'),
  },
  {
    name: '20 % independent 500, 30/s',
    lasts: MINUTE,
    calls: perSecond(30, MINUTE),
    server: sometimes(0.2, refusal(500)),
  },
  {
    name: 'one bad instance of four answers 503, 30/s',
    lasts: MINUTE,
    calls: perSecond(30, MINUTE),
    server: balanced(4, (index) => (index === 0 ? refusal(503) : OK)),
  },
  {
    name: 'one bad instance of four says 503 with Retry-After 5, 30/s',
    lasts: MINUTE,
    calls: perSecond(30, MINUTE),
    server: balanced(4, (index) => (index === 0 ? refusal(503, 5) : OK)),
  },
  {
    name: 'one instance of four says 429 with Retry-After 5 after 50 ms, the others answer after 200, 30/s',
    lasts: MINUTE,
    calls: perSecond(30, MINUTE),
    server: balanced(4, (index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '5' }, after: 50 } : { status: 200, after: 200 },
    ),
  },
  {
    name: '200 calls in 2 s each 2 min, answers take 2 s, one bad instance of three answers 503 at once',
    lasts: 6 * MINUTE,
    calls: bursts(200, 2_000, 2 * MINUTE, 6 * MINUTE),
    server: balanced(3, (index) => (index === 0 ? refusal(503) : { status: 200, after: 2_000 })),
  },
  {
    name: 'one instance of eight hangs, 10/s',
    lasts: MINUTE,
    calls: perSecond(10, MINUTE),
    server: balanced(8, (index) => (index === 0 ? 'hang' : OK)),
  },
  {
    name: 'rolling restart: each of four instances is away for 5 s, 30/s',
    lasts: MINUTE,
    calls: perSecond(30, MINUTE),
    server: balanced(4, (index, { at }) =>
      at >= 10_000 * (index + 1) && at < 10_000 * (index + 1) + 5_000 ? { error: 'ECONNREFUSED', after: 1 } : OK,
    ),
  },
  {
    name: 'brownout: for 30 s a third fails and answers take 3 s, 20/s',
    lasts: 90_000,
    over: MINUTE,
    calls: perSecond(20, 90_000),
    server: () => (request) => {
      if (!between(30_000, MINUTE)(request)) return OK;
      return request.chance < 1 / 3 ? { status: 503, after: 3_000 } : { status: 200, after: 3_000 };
    },
  },
  {
    name: 'a redirect to a CDN that answers 503 with Retry-After 3600, calls to the others',
    lasts: 40_000,
    calls: perSecond(20, 40_000),
    ask: thirdToOne,
    judged: others,
    server: except(under('/reports'), {
      status: 503,
      headers: { 'retry-after': '3600' },
      from: 'https://cdn.test',
    }),
  },
  {
    name: 'a fifth of the answers is 404, 30/s',
    lasts: 40_000,
    calls: perSecond(30, 40_000),
    server: sometimes(0.2, refusal(404)),
  },
  {
    name: 'POST without a key, 5 % answer 503, 20/s',
    lasts: MINUTE,
    calls: perSecond(20, MINUTE),
    ask: post,
    server: sometimes(0.05, refusal(503)),
  },
];

/** A service that is away as a whole. */
const OUTAGES: readonly Situation[] = [
  ...[1, 5, 30].map((minutes) => lasting('503', minutes, refusal(503), 2_000)),
  ...[1, 5, 30].map((minutes) => lasting('offline', minutes, { error: 'ENETUNREACH', after: 1 }, 5_000)),
  {
    ...lasting('a maintenance page that says an hour,', 2, refusal(503, 3_600), 1_000),
    name: 'a maintenance page says an hour and takes two minutes, a call each 1 s',
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
    name: 'a page of 60 calls meets a restart of 400 ms, each 10 s',
    lasts: 2 * MINUTE,
    calls: pages(60, 10_000, 2 * MINUTE),
    server: except(({ at }) => at % 10_000 < 400, { error: 'ECONNREFUSED', after: 1 }),
  },
  {
    name: 'a deployment each minute: 503 for 5 s, 10/s',
    lasts: 4 * MINUTE,
    calls: perSecond(10, 4 * MINUTE),
    server: except(({ at }) => at % MINUTE < 5_000, refusal(503)),
  },
];

/** A job takes its next item as soon as the last one ended: it must not run through its items while they fail. */
const JOBS: readonly Situation[] = [
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

/** Nothing fails, or nothing much. */
const QUIET: readonly Situation[] = [
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
    name: 'a laptop slept an hour, offline for 5 s after it, a call each 1 s',
    lasts: 2 * MINUTE,
    over: 65_000,
    calls: each(1_000, 2 * MINUTE),
    step: { at: MINUTE, by: 60 * MINUTE },
    server: except(between(MINUTE, 65_000), { error: 'ENETUNREACH', after: 1 }),
  },
];

/** What happens every week, and must not be worse behind `standard()` than behind a plain retry. */
export const EVERYDAY: readonly Situation[] = [...REFUSALS, ...PARTIAL, ...OUTAGES, ...JOBS, ...QUIET];
