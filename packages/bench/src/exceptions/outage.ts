import { each } from '../harm/arrivals.ts';
import { between, refusal, sometimes } from '../harm/servers.ts';
import type { Reply, Server, World } from '../harm/situation.ts';
import { made } from './counted.ts';

const FROM = 10_000;
/** How long calls are made after the trouble. */
const AFTER = 15_000;

interface Trouble {
  /** How long it lasts, in milliseconds. */
  readonly for: number;
  /** Calls a second. @default 10 */
  readonly calls?: number;
  /** What the trouble answers; `left`: until it ends, in milliseconds. */
  readonly answers: Reply | ((left: number) => Reply);
  /** How long a good answer takes. @default 100 */
  readonly good?: number;
  /** Share of the requests that meet the trouble while it lasts. @default 1 */
  readonly share?: number;
  /** What is answered at other times. @default 200 after `good` */
  readonly else?: Server;
}

type Outage = Pick<World, 'lasts' | 'calls' | 'server' | 'judged'>;

/** Trouble of seconds that begins when calls have succeeded for ten seconds, of which those are counted that are made while it lasts. */
export function outage(trouble: Trouble): Outage {
  const { answers, good = 100, share = 1 } = trouble;
  const to = FROM + trouble.for;
  const isIn = between(FROM, to);
  const well: Server = trouble.else ?? (() => ({ status: 200, after: good }));
  return {
    lasts: to + AFTER,
    calls: each(1_000 / (trouble.calls ?? 10), to + AFTER),
    server: () => (request) => {
      if (!isIn(request) || request.chance >= share) return well(request);
      return typeof answers === 'function' ? answers(to - request.at) : answers;
    },
    judged: made(FROM, to),
  };
}

/** A 503 that tells truly how long the trouble lasts. */
export function toldEnd(left: number): Reply {
  return refusal(503, Math.ceil(left / 1_000));
}

/** Fails a share of the requests by chance, at once. */
export function failing(share: number): Server {
  return sometimes(share, { status: 503, after: 5 }, () => ({ status: 200, after: 100 }))();
}
