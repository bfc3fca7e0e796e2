import { between, except, OK, refusal } from '../harm/servers.ts';
import type { Asked } from '../harm/situation.ts';
import { bucket, concurrency, fixedWindow } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { answering, eachOf, either, limited, ofPath } from './limited-servers.ts';
import { limiterBeside, pool, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { beside, limiterStack, plainStack } from './stacks.ts';
import { RETRY_AFTER, SECONDS, type Tells } from './tells.ts';
import { random } from './traffic.ts';

const MINUTE = 60_000;

/** Calls to so many paths that one gate holds, since ids in a path count as one. */
const items =
  (count: number, busy = 1 / count) =>
  (_: number, chance: number): Asked => {
    const index = chance < busy ? 0 : 1 + Math.floor(((chance - busy) / (1 - busy)) * (count - 1));
    return { path: `/items/${index}` };
  };

/** Calls to so many paths with names of their own. */
const names =
  (count: number) =>
  (_: number, chance: number): Asked => ({ path: `/${'abcdefghij'[Math.floor(chance * count)]}` });

const credentials =
  (count: number) =>
  (index: number): Asked => ({ path: '/', init: { headers: { authorization: `Bearer ${index % count}` } } });

/** A share of the calls is for a busy channel, which is named in no part of the address. */
const channels =
  (busy: number) =>
  (_: number, chance: number): Asked => ({
    path: '/post',
    init: { headers: { 'x-channel': chance < busy ? 'busy' : 'other' } },
  });
const channelOf = ({ init }: Asked): string | null => new Headers(init?.headers).get('x-channel');

/** One gate holds calls that have limits of their own, or that wait for different things. */
export const GATES: readonly Exception[] = [
  {
    situation:
      'One of 200 things that are named in the path has a limit of 5 a minute of its own and gets a tenth of 3 calls a second; counted: the calls to the others',
    ...limiterBeside(),
    instead: limiterStack({ proof: 'first' }),
    ...random(3, 3 * MINUTE),
    ask: items(200, 0.1),
    judged: ({ path }) => path !== '/items/0',
    server: either(
      ({ path }) => path === '/items/0',
      limited({ limit: fixedWindow(5, MINUTE), tells: RETRY_AFTER }),
      answering(),
    ),
  },
  {
    situation:
      'One of many things that are named in the body, as channels of Slack, takes one call a second and gets 30 % of 5 calls a second, of a minute each; counted: the calls to the others',
    ...standardBeside(60_000),
    instead: '[`scope`](recipes-apis.md#a-limit-for-each-base-channel-mailbox-or-tenant)',
    measure: MEASURES.half,
    ...random(5, 3 * MINUTE),
    ask: channels(0.3),
    judged: (asked) => channelOf(asked) !== 'busy',
    server: either(
      ({ headers }) => headers.get('x-channel') === 'busy',
      limited({ limit: bucket(1, 1), tells: RETRY_AFTER }),
      answering(),
    ),
  },
  {
    situation:
      'Each of 50 things that are named in the path refuses its first request with `Retry-After: 1`; 20 calls a second',
    ...limiterBeside(),
    instead: limiterStack({ proof: 'first' }),
    ...random(20, 30_000),
    ask: items(50),
    server: firstRefused,
  },
  {
    situation:
      'Each of 200 things that are named in the path refuses its first request with `Retry-After: 1`; 20 calls a second',
    ...standardBeside(),
    instead: beside().ours,
    ...random(20, 30_000),
    ask: items(200),
    server: firstRefused,
  },
  {
    situation:
      'One of 30 hosts refuses all calls and tells nothing, and a pool of ten workers makes 10 calls a second; the plain retry makes two retries; counted: the calls to the other hosts',
    ours: { text: '`rateLimit()`', client: pool(limiterBeside().ours.client) },
    plain: pool(plainStack({ retry: 2 })),
    instead: { text: '`rateLimit({ maxWait: 2_000 })`', client: pool(limiterBeside({ maxWait: 2_000 }).ours.client) },
    measure: MEASURES.most,
    ...random(10, 2 * MINUTE),
    ask: (_, chance) => ({ path: `/${Math.floor(30 * chance)}/items` }),
    judged: ({ path }) => path !== '/0/items',
    server: either(
      ({ path }) => path === '/0/items',
      () => () => refusal(429),
      answering(),
    ),
  },
  {
    situation:
      'Each of ten paths takes one request of 140 ms at once, and is called at 66 % of that; the limiter takes them for one limit',
    ...limiterBeside(),
    instead: limiterStack({ scope: 'path' }),
    ...random(47, 20_000),
    ask: names(10),
    server: eachOf(ofPath, limited({ limit: concurrency(1, 140), answers: 140 })),
  },
  {
    situation: 'Three credentials share a limit of 10 a second without a burst that tells nothing, at 80 %',
    ...limiterBeside(),
    instead: limiterStack({ scope: 'origin' }),
    ...random(8),
    ask: credentials(3),
    server: limited({ limit: bucket(10, 1) }),
  },
  {
    situation:
      'The server tells a quota of 20 a minute for the POSTs of a path, and none for its GETs, which come five times as often; counted: the GETs',
    ...limiterBeside(),
    instead: {
      text: '`rateLimit({ scope: (call) => call.method })`',
      client: limiterStack({ scope: ({ method }) => method }).client,
    },
    measure: MEASURES.most,
    ...random(2, 3 * MINUTE),
    ask: (index) => ({ path: '/orders', init: { method: index % 6 === 0 ? 'POST' : 'GET' } }),
    judged: ({ init }) => init?.method === 'GET',
    server: either(
      ({ method }) => method === 'POST',
      limited({ limit: fixedWindow(20, MINUTE), tells: SECONDS }),
      answering(),
    ),
  },
  {
    situation:
      'Two paths have limits of one and of two a second, are called at 100 % with calls of 10 s, and are taken for one limit',
    ...limiterBeside({}, 10_000),
    instead: limiterStack({ scope: 'path' }, 10_000),
    ...random(3, 2 * MINUTE),
    ask: (_, chance) => ({ path: chance < 1 / 3 ? '/a' : '/b' }),
    server: twoLimits(RETRY_AFTER),
  },
  {
    situation:
      'All paths are refused for 5 s, and one of five stays above a limit of one a second; 10 calls of 10 s a second, counted: those to the others after it',
    ...standardBeside(10_000),
    instead: beside({ timeout: 10_000 }, { rateLimit: { scope: 'path' } }).ours,
    ...random(10, 45_000),
    ask: names(5),
    judged: ({ path }, { at }) => path !== '/a' && at >= 10_000,
    server: either(
      ({ path, at }) => path === '/a' && !(at >= 5_000 && at < 10_000),
      limited({ limit: bucket(1, 1), tells: RETRY_AFTER }),
      except(between(5_000, 10_000), refusal(429, 1)),
    ),
  },
];

function twoLimits(tells: Tells) {
  return either(
    ({ path }) => path === '/a',
    limited({ limit: bucket(1, 1), tells }),
    limited({ limit: bucket(2, 2), tells }),
  );
}

function firstRefused() {
  const seen = new Set<string>();
  return ({ path }: { path: string }) => {
    if (seen.has(path)) return OK;
    seen.add(path);
    return refusal(429, 1);
  };
}
