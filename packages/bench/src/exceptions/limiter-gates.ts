import { OK, refusal } from '../harm/servers.ts';
import type { Asked } from '../harm/situation.ts';
import { bucket, fixedWindow } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { answering, either, limited } from './limited-servers.ts';
import { limiterBeside, pool, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { beside, limiterStack, plainStack } from './stacks.ts';
import { RETRY_AFTER, SECONDS } from './tells.ts';
import { random } from './traffic.ts';

const MINUTE = 60_000;

/** Calls to so many paths that one gate holds, since ids in a path count as one. */
const items =
  (count: number, busy = 1 / count) =>
  (_: number, chance: number): Asked => {
    const index = chance < busy ? 0 : 1 + Math.floor(((chance - busy) / (1 - busy)) * (count - 1));
    return { path: `/items/${index}` };
  };

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
      'One of 200 ids in the path has a limit of its own, 5 a minute, and gets a tenth of 3 calls a second; counted: the others',
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
      'One channel, named in the body, accepts one call a second and gets 30 % of 5; calls of a minute, counted: the others',
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
    situation: 'Each of 50 ids in the path refuses its first request with `Retry-After: 1`; 20 calls a second',
    ...limiterBeside(),
    instead: limiterStack({ proof: 'first' }),
    ...random(20, 30_000),
    ask: items(50),
    server: firstRefused,
  },
  {
    situation: 'The same with 200 ids',
    ...standardBeside(),
    instead: beside().ours,
    ...random(20, 30_000),
    ask: items(200),
    server: firstRefused,
  },
  {
    situation:
      'One of 30 hosts refuses all silently; ten workers make 10 calls a second; plain: two retries; counted: the other hosts',
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
    situation: 'Three credentials share a silent limit of 10 a second without a burst, at 80 %',
    ...limiterBeside(),
    instead: limiterStack({ scope: 'origin' }),
    ...random(8),
    ask: credentials(3),
    server: limited({ limit: bucket(10, 1) }),
  },
  {
    situation:
      'A path reports a quota of 20 a minute for POSTs; its GETs have none and are five times as frequent; counted: GETs',
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
];

function firstRefused() {
  const seen = new Set<string>();
  return ({ path }: { path: string }) => {
    if (seen.has(path)) return OK;
    seen.add(path);
    return refusal(429, 1);
  };
}
