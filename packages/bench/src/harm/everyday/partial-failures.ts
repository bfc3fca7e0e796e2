import { bursts, perSecond } from '../arrivals.ts';
import { others, post, thirdToOne } from '../asks.ts';
import { balanced, between, except, OK, refusal, sometimes, under } from '../servers.ts';
import type { Situation } from '../situation.ts';

const MINUTE = 60_000;

/** Parts of a service that fail while it works. */
export const PARTIAL_FAILURES: readonly Situation[] = [
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
    name: 'one instance of four says 429 with Retry-After 5 after 50 ms, the others answer after 200 ms, 30/s',
    lasts: MINUTE,
    calls: perSecond(30, MINUTE),
    server: balanced(4, (index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '5' }, after: 50 } : { status: 200, after: 200 },
    ),
  },
  {
    name: '200 calls in 2 s every 2 min, answers take 2 s, one bad instance of three answers 503 at once',
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
    name: 'good answers come from a CDN after a redirect, 30 % answer 503, 20/s',
    lasts: MINUTE,
    calls: perSecond(20, MINUTE),
    server: () => (request) => (request.chance < 0.3 ? refusal(503) : { status: 200, from: 'https://cdn.test' }),
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
