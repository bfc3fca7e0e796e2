import { pages } from '../harm/arrivals.ts';
import { bucket, fixedWindow } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { windowFromFirst, withOthers, withOthersAtStart } from './odd-limits.ts';
import { beside, limiterStack } from './stacks.ts';
import { asPolicy, POLICY, renewedIn, SECONDS } from './tells.ts';
import { loop, random } from './traffic.ts';

const MINUTE = 60_000;

/** Limits that the server tells. */
export const TOLD: readonly Exception[] = [
  {
    situation: 'One worker calls a bucket of 4 a minute, which reports when it will be full, one call after the other',
    ...limiterBeside(),
    instead: { text: '`rateLimit()`, calls of a minute', client: limiterStack({}, 60_000).client },
    ...loop(1, 10 * MINUTE),
    server: limited({ limit: bucket(4 / 60, 4), tells: SECONDS }),
  },
  {
    situation: 'A window of 5 a second begins with its first request and reports its end in whole seconds, at 80 %',
    ...standardBeside(),
    instead: beside({}, { rateLimit: { limit: { requests: 5, per: 1_000 } } }).ours,
    measure: MEASURES.half,
    ...random(4),
    server: limited({ limit: windowFromFirst(5, 1_000), tells: SECONDS }),
  },
  {
    situation:
      'Others take 30 % of a bucket of 50 a second, which holds five and reports 50; answers of a second, at 110 % of the rest',
    ...limiterBeside(),
    ...random(38.5),
    server: limited({ limit: withOthers(bucket(50, 5), 15), tells: asPolicy(50, 1), answers: 1_000 }),
  },
  {
    situation: 'Two processes share a reported window of 52 a second; answers of 12 s, at 103 %',
    ...limiterBeside(),
    ...random(53.5, 30_000),
    clients: 2,
    server: limited({ limit: fixedWindow(52, 1_000), tells: POLICY, answers: 12_000 }),
  },
  {
    situation: 'A quota of 50 in 10 s reports a reset that is an hour ahead, at 100 %',
    ...limiterBeside(),
    instead: limiterStack({ proof: 'first' }),
    ...random(5, 100_000),
    server: limited({ limit: fixedWindow(50, 10_000), tells: renewedIn(3_600) }),
  },
  {
    situation:
      'Others spend 80 % of a reported window of 25 in 5 s as it begins; answers of 3 s, calls of 8 s, at 100 % of the rest',
    ...limiterBeside({}, 8_000),
    ...random(1),
    server: limited({ limit: withOthersAtStart(windowFromFirst(25, 5_000), 20), tells: SECONDS, answers: 3_000 }),
  },
  {
    situation:
      'The configured limit is 60 a minute, the server has a silent bucket of ten; pages of 20 calls, answers of 1.5 s, at 90 %',
    ...limiterBeside({ limit: { requests: 60, per: MINUTE } }),
    instead: limiterStack(),
    measure: MEASURES.half,
    lasts: 5 * MINUTE,
    calls: pages(20, 20_000 / 0.9, 5 * MINUTE),
    server: limited({ limit: bucket(1, 10), answers: 1_500 }),
  },
];
