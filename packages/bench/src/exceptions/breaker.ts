import { each } from '../harm/arrivals.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { maintenance } from './servers.ts';
import { beside } from './stacks.ts';

export const BREAKER: readonly Exception[] = [
  {
    situation: 'a maintenance of 25 s tells how long it lasts; 10 calls a second, those that meet it',
    ...beside({}, { circuitBreaker: true }),
    lasts: 60_000,
    calls: each(100, 60_000),
    server: maintenance(10_000, 35_000),
    judged: made(10_000, 35_000),
  },
];
