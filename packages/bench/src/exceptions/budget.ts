import { each } from '../harm/arrivals.ts';
import { between, except, refusal } from '../harm/servers.ts';
import { made } from './counted.ts';
import type { Exception } from './exception.ts';
import { beside } from './stacks.ts';

export const BUDGET: readonly Exception[] = [
  {
    situation: 'a server answers 503 with `Retry-After: 2` for 5 s; 10 calls a second',
    ...beside(),
    lasts: 60_000,
    calls: each(100, 60_000),
    server: except(between(20_000, 25_000), refusal(503, 2)),
    judged: made(20_000, 25_000),
  },
];
