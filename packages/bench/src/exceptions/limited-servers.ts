import type { Random } from '@steadfetch/core';
import { refusal } from '../harm/servers.ts';
import type { Reply, Seen, Server } from '../harm/situation.ts';
import type { LimitPlan } from '../limits/limit.ts';
import { NOTHING, type Tells } from './tells.ts';

/** How long an answer takes, in milliseconds: always the same, or by chance. */
export type Answers = number | ((random: Random) => number);

/** By chance between two times. */
export const spread =
  (from: number, to: number): ((random: Random) => number) =>
  (random) =>
    from + (to - from) * random();

export interface Limited {
  readonly limit: LimitPlan;
  /** @default nothing */
  readonly tells?: Tells;
  /** @default 100 */
  readonly answers?: Answers;
  /** A share of the requests that is refused by chance, and what those say. */
  readonly noise?: { readonly share: number; readonly seconds?: number };
}

const REFUSED_AFTER = 20;

type MakeServer = (random: Random) => Server;

/** A server that keeps a limit. */
export function limited({ limit, tells = NOTHING, answers = 100, noise }: Limited): MakeServer {
  return (random) => {
    const state = limit.create(random);
    let ends: number[] = [];
    return ({ at, chance }) => {
      for (const end of ends) if (end <= at) state.release?.();
      ends = ends.filter((end) => end > at);
      if (noise && chance < noise.share) return refusal(429, noise.seconds);
      const decision = state.decide(at);
      const headers = tells(decision, limit, at);
      if (!decision.accepted) return { status: 429, headers, after: REFUSED_AFTER };
      const after = typeof answers === 'number' ? answers : answers(random);
      ends.push(at + after);
      return { status: 200, headers, after };
    };
  };
}

/** Requests that are chosen go to one server, the others to another one. */
export function either(choose: (request: Seen) => boolean, chosen: MakeServer, others: MakeServer): MakeServer {
  return (random) => {
    const [one, other] = [chosen(random), others(random)];
    return (request) => (choose(request) ? one(request) : other(request));
  };
}

/** Answers without a limit. */
export function answering(answers: Answers = 100): MakeServer {
  return (random) => (): Reply => ({ status: 200, after: typeof answers === 'number' ? answers : answers(random) });
}
