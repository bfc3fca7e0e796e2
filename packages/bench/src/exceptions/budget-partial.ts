import { exponential, type StandardOptions } from 'steadfetch';
import { each, workers } from '../harm/arrivals.ts';
import { standardWith } from '../harm/clients.ts';
import { refusal } from '../harm/servers.ts';
import { both, made, to } from './counted.ts';
import type { Exception, Stack } from './exception.ts';
import { MEASURES } from './measures.ts';
import { failing, outage } from './outage.ts';
import { beside, plainStack } from './stacks.ts';

/** As ky waits: 0.3 s, then twice as long each time. */
const kyDelay = ({ attempt }: { attempt: number }) => 300 * 2 ** (attempt - 1);

/** The same stack with those waits. */
function withKyDelay(maxRetries: number, options: StandardOptions = {}): Stack {
  const delay = exponential({ base: 300 });
  return {
    text: '`delay: exponential({ base: 300 })`',
    client: standardWith({ ...options, retry: { maxRetries, delay } }),
  };
}

/** Some requests fail, or a server refuses some of them for a reason of its own. */
export const PARTIAL: readonly Exception[] = [
  {
    situation:
      'Three of four calls go to a path that always fails; 5 % of the requests to another path of the origin fail by chance; 4 calls a second, counted: the calls to the other path',
    ...beside(),
    lasts: 90_000,
    calls: each(250, 90_000),
    ask: (index) => ({ path: index % 4 === 0 ? '/' : '/broken' }),
    server: () => (request) => failing(request.path === '/' ? 0.05 : 1)(request),
    judged: both(made(20_000, 90_000), to('/')),
  },
  {
    situation:
      'A job of five workers makes 1,000 calls; answers take 50 ms, 10 % of the requests fail, and the plain retry waits 0.3 and 0.6 s, as ky does; counted: the time until all calls are done',
    ...beside(),
    plain: plainStack({}, { delay: kyDelay }),
    lasts: 300_000,
    most: 1_000,
    calls: workers(5),
    server:
      () =>
      ({ chance }) => ({ status: chance < 0.1 ? 503 : 200, after: 50 }),
    measure: MEASURES.finished,
    instead: withKyDelay(2),
  },
  {
    situation:
      'A job of five workers calls a server with three backends, one of which hangs; counted: calls that succeed in 3 minutes',
    ...beside({ attemptTimeout: 3_000, retry: 1 }),
    lasts: 180_000,
    calls: workers(5),
    server:
      () =>
      ({ chance }) =>
        chance < 1 / 3 ? 'hang' : { status: 200, after: 300 },
    measure: MEASURES.done,
    instead: beside({ timeout: 7_000, attemptTimeout: 3_000, retry: 1 }).ours,
  },
  {
    situation: 'The server answers 503 with `Retry-After: 1` for 5 s; the plain retry waits as ky does',
    ...beside({ timeout: 10_000, retry: 5 }),
    plain: plainStack({ timeout: 10_000, retry: 5 }, { delay: kyDelay }),
    ...outage({ for: 5_000, answers: refusal(503, 1) }),
    measure: MEASURES.most,
    instead: withKyDelay(5, { timeout: 10_000 }),
  },
];
