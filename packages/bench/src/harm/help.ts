import { perSecond, workers } from './arrivals.ts';
import { between, bucket, except, narrow } from './servers.ts';
import type { HelpSituation } from './situation.ts';

const MINUTE = 60_000;
const REFUSED = { status: 429, headers: { 'retry-after': '1' } };

const DOWN = { status: 503 };

/** An outage of a service that can do 500 requests a second; a refused request costs half as much as a served one. */
function overloaded(from: number, to: number): HelpSituation['server'] {
  const service = narrow(500, 0.5, () => DOWN);
  return () => except(between(from, to), DOWN, service())();
}

/** Where a part of `standard()` must help. */
export const HELP: readonly HelpSituation[] = [
  {
    name: 'a limit of 100/s with Retry-After met by 40 workers',
    part: 'rateLimit',
    lasts: MINUTE,
    calls: workers(40),
    server: bucket(100, 20, REFUSED),
    helps: (plain, ours) => ours.success >= 0.9999 && plain.success < 0.999 && ours.sentPerCall < 1.1,
  },
  {
    name: 'a limit of 100/s without a hint met by 40 workers',
    part: 'rateLimit',
    lasts: MINUTE,
    calls: workers(40),
    server: bucket(100, 20, { status: 429 }),
    helps: (plain, ours) => ours.success >= 0.9999 && plain.success < 0.999 && ours.sentPerCall < 1.1,
  },
  {
    name: '429 without a hint to all for 2 s of every 10 s, 20/s',
    part: 'rateLimit',
    lasts: 2 * MINUTE,
    calls: perSecond(20, 2 * MINUTE),
    server: except(({ at }) => at % 10_000 < 2_000, { status: 429 }),
    helps: (plain, ours) => ours.success >= 0.9999 && plain.success < 0.95,
  },
  {
    name: 'a server that hangs for two minutes, 5/s',
    part: 'circuitBreaker',
    lasts: 4 * MINUTE,
    over: 3 * MINUTE,
    calls: perSecond(5, 4 * MINUTE),
    server: except(between(MINUTE, 3 * MINUTE), 'hang'),
    helps: (plain, ours) => ours.connections < plain.connections / 2 && ours.back! <= plain.back! + 15_000,
  },
  {
    name: 'an outage of 10 s at 80 % load, 400/s',
    part: 'budget',
    lasts: 40_000,
    over: 20_000,
    calls: perSecond(400, 40_000),
    server: overloaded(10_000, 20_000),
    helps: (plain, ours) => ours.success > plain.success + 0.1,
  },
  {
    name: 'a POST that is answered after 25 s',
    part: 'attemptTimeout',
    lasts: 2 * MINUTE,
    calls: perSecond(2, 2 * MINUTE),
    ask: () => ({ path: '/orders', init: { method: 'POST', body: '{}' } }),
    server: () => () => ({ status: 200, after: 25_000 }),
    helps: (plain, ours) => ours.success >= 0.99 && plain.success < 0.01,
  },
];
