import { perSecond } from '../harm/arrivals.ts';
import { bucket, refusal } from '../harm/servers.ts';
import type { Exception } from './exception.ts';
import { limiterStack, plainStack } from './stacks.ts';

export const LIMITER: readonly Exception[] = [
  {
    situation: 'three processes share an untold limit of 10 a second without a burst, at 35 % of it',
    ours: limiterStack(),
    plain: plainStack({ retry: 10 }),
    clients: 3,
    lasts: 180_000,
    calls: perSecond(3.5, 180_000),
    server: bucket(10, 1, refusal(429)),
    travel: (random) => 10 + 5 * random(),
  },
];
