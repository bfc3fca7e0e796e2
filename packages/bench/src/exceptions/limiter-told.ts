import { pages } from '../harm/arrivals.ts';
import { bucket, fixedWindow, slidingLog } from '../limits/limits.ts';
import type { Exception } from './exception.ts';
import { limited } from './limited-servers.ts';
import { limiterBeside, standardBeside } from './limiter-stacks.ts';
import { MEASURES } from './measures.ts';
import { windowFromFirst, withOthers, withOthersAtStart } from './odd-limits.ts';
import { beside, limiterStack } from './stacks.ts';
import { asPolicy, INSTANT, POLICY, renewedIn, SECONDS } from './tells.ts';
import { loop, random } from './traffic.ts';

const MINUTE = 60_000;

/** Limits that the server tells. */
export const TOLD: readonly Exception[] = [
  {
    situation: 'A loop of one worker calls a bucket of 4 a minute, which tells when it is full again',
    ...limiterBeside(),
    instead: { text: '`rateLimit()`, calls of a minute', client: limiterStack({}, 60_000).client },
    ...loop(1, 10 * MINUTE),
    server: limited({ limit: bucket(4 / 60, 4), tells: SECONDS }),
  },
  {
    situation: 'A window of 5 a second begins with its first request and tells its end in whole seconds, at 80 %',
    ...standardBeside(),
    instead: beside({}, { rateLimit: { limit: { requests: 5, per: 1_000 } } }).ours,
    measure: MEASURES.half,
    ...random(4),
    server: limited({ limit: windowFromFirst(5, 1_000), tells: SECONDS }),
  },
  {
    situation:
      'A window of 10 a second tells its end as an instant in whole seconds, and not its length, at 75 %; answers take 3 s',
    ...standardBeside(),
    ...random(7.5),
    server: limited({ limit: fixedWindow(10, 1_000), tells: INSTANT, answers: 3_000 }),
  },
  {
    situation:
      'A window of 10 a second tells its end as an instant in whole seconds, and not its length, at 90 %; answers take 3 s',
    ...standardBeside(),
    ...random(9),
    server: limited({ limit: fixedWindow(10, 1_000), tells: INSTANT, answers: 3_000 }),
  },
  {
    situation: 'A bucket of 10 a second that holds ten tells 600 a minute, at 70 %; answers take 3 s',
    ...standardBeside(),
    measure: MEASURES.half,
    ...random(7),
    server: limited({ limit: bucket(10, 10), tells: asPolicy(600, 60), answers: 3_000 }),
  },
  {
    situation:
      'Others take 30 % of a bucket of 50 a second that holds five and tells 50 in a second, and we call it at 110 % of the rest; answers take a second',
    ...limiterBeside(),
    ...random(38.5, 30_000),
    server: limited({ limit: withOthers(bucket(50, 5), 15), tells: asPolicy(50, 1), answers: 1_000 }),
  },
  {
    situation: 'Two processes call a told window of 52 a second at 103 %; answers take 12 s',
    ...limiterBeside(),
    ...random(53.5, 30_000),
    clients: 2,
    server: limited({ limit: fixedWindow(52, 1_000), tells: POLICY, answers: 12_000 }),
  },
  {
    situation:
      'A quota of 50 in ten seconds tells a reset that is an hour ahead, and not its length, at 100 %; counted: the calls of the first 100 s',
    ...limiterBeside(),
    instead: limiterStack({ proof: 'first' }),
    ...random(5, 100_000),
    server: limited({ limit: fixedWindow(50, 10_000), tells: renewedIn(3_600) }),
  },
  {
    situation:
      'Others spend 80 % of a told window of 25 in five seconds as it begins, with its first request, and we call it with calls of 8 s at 100 % of the rest; answers take 3 s',
    ...limiterBeside({}, 8_000),
    ...random(1),
    server: limited({ limit: withOthersAtStart(windowFromFirst(25, 5_000), 20), tells: SECONDS, answers: 3_000 }),
  },
  {
    situation:
      'Others spend 60 % of a told log of 40 in ten seconds as it begins, and two processes call it with calls of 8 s at 110 % of the rest; answers take 3 s',
    ...limiterBeside({}, 8_000),
    ...random(1.76),
    clients: 2,
    server: limited({ limit: withOthersAtStart(slidingLog(40, 10_000), 24), tells: POLICY, answers: 3_000 }),
  },
  {
    situation:
      'We say a limit of 60 a minute, and the server keeps a bucket of one a second that holds ten; pages of 20 calls at 90 %, answers take 1.5 s',
    ...limiterBeside({ limit: { requests: 60, per: MINUTE } }),
    instead: limiterStack(),
    measure: MEASURES.half,
    lasts: 5 * MINUTE,
    calls: pages(20, 20_000 / 0.9, 5 * MINUTE),
    server: limited({ limit: bucket(1, 10), answers: 1_500 }),
  },
];
