import { compose, rateLimit, retry } from 'steadfetch';
import type { Client } from './live.ts';
import { Aimd } from './references/aimd.ts';
import { Atb } from './references/atb.ts';
import { Cubic } from './references/cubic.ts';
import { Oracle } from './references/oracle.ts';
import { pacedFetch } from './references/paced-fetch.ts';

/** The middleware as it is. */
export const steadfetch: Client = (fetch, { clock, random }) => rateLimit({ clock, random })(fetch);

/** Repeats a call that failed, and holds no other call back. */
export const plainRetry: Client = (fetch, { clock, random }) => retry({ clock, random, budget: false })(fetch);

/** The same with the middleware inside. */
export const retryAndLimit: Client = (fetch, { clock, random }) =>
  compose(retry({ clock, random, budget: false }), rateLimit({ clock, random }))(fetch);

/** Ways to pace that are known from elsewhere, each behind the same gate and the same queue. */
export const REFERENCES: readonly (readonly [name: string, client: Client])[] = [
  ['AIMD in requests', pacedFetch(() => new Aimd({ decrease: 0.5, regain: { requests: 100 } }))],
  ['AIMD in time', pacedFetch(() => new Aimd({ decrease: 0.5, regain: { ms: 30_000 } }))],
  ['AWS adaptive', pacedFetch(() => new Cubic())],
  ['ATB', pacedFetch(() => new Atb())],
  ['oracle', pacedFetch((parts) => new Oracle(parts))],
];
