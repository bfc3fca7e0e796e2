import type { Random } from '@steadfetch/core';

/** One request as the server sees it. */
export interface Seen {
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
  /** Milliseconds since the start. */
  readonly at: number;
  /** A number in [0, 1), the same behind every client for the same send of the same call. */
  readonly chance: number;
  /** Which client of the situation sent it, from 0. */
  readonly client: number;
  /** The how-manieth request of its call, from 1. */
  readonly send: number;
}

/** What the server does with a request. Times are milliseconds. */
export type Reply =
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      /** Until the headers are there. @default 20 */
      readonly after?: number;
      /** A body in pieces, one each second. */
      readonly pieces?: number;
      /** Another origin that gave the answer, after a redirect. */
      readonly from?: string;
    }
  | { readonly error: string; readonly after?: number }
  | 'hang';

export type Server = (request: Seen) => Reply;

/** What one call asks for. */
export interface Asked {
  readonly path: string;
  readonly init?: RequestInit;
  /** After so many milliseconds the caller gives up, by its own signal. */
  readonly quits?: number;
  /** Which client of the situation makes it. @default one after the other; a worker has one for good */
  readonly client?: number;
}

/** How a call was made, and whether its caller gave up. */
export interface Made {
  readonly at: number;
  readonly client: number;
  readonly quit: boolean;
}

/** When calls are made: at these times, or by workers of which each makes its next call after the last one ended. */
export type Calls = { readonly at: readonly number[] } | { readonly workers: number };

/** A part of `standard()` that can be left out or added. */
export type Part = 'rateLimit' | 'circuitBreaker' | 'budget' | 'attemptTimeout';

/** Something that happens every week in production. Times are milliseconds. */
export interface Situation {
  readonly name: string;
  /** How long calls are made. */
  readonly lasts: number;
  /** How many calls workers make at the most. @default no bound */
  readonly most?: number;
  readonly calls: (random: Random) => Calls;
  /** Made anew for each client. */
  readonly server: () => Server;
  readonly ask?: (index: number) => Asked;
  /** Which calls are judged. @default all */
  readonly judged?: (asked: Asked) => boolean;
  /** When the trouble is over: then the row also says when the service is used again. */
  readonly over?: number;
  /** A step of the wall clock, as after a sleep of the machine. */
  readonly step?: { readonly at: number; readonly by: number };
}

/** What `live` can play: a situation, or one of several clients, of requests that travel, of which some calls are judged. */
export interface World extends Omit<Situation, 'name' | 'server' | 'ask' | 'judged'> {
  /** How many stacks make the calls, as processes or users. @default 1 */
  readonly clients?: number;
  /** Made anew for each run. */
  readonly server: (random: Random) => Server;
  /** How long a request travels before the server sees it, and its answer back. @default not at all */
  readonly travel?: (random: Random) => number;
  /** `chance`: a number in [0, 1), the same behind every client. */
  readonly ask?: (index: number, chance: number) => Asked;
  readonly judged?: (asked: Asked, made: Made) => boolean;
  /** What a failed call counts as in the times. @default 30_000 */
  readonly whole?: number;
}

/** A situation in which one part must help. */
export interface HelpSituation extends Situation {
  readonly part: Part;
  /** What must be better than behind the plain stack. */
  readonly helps: (plain: Outcome, ours: Outcome) => boolean;
}

/** What became of the calls. Times are milliseconds. */
export interface Outcome {
  readonly calls: number;
  /** Share of the calls that succeeded. */
  readonly success: number;
  /** Until the answer was there; a call that failed counts as the whole time that a call may take. */
  readonly p50: number;
  readonly p95: number;
  /** First success after the trouble was over. */
  readonly back: number | undefined;
  /** How many calls succeeded. */
  readonly done: number;
  /** When the last of them did, since the start. */
  readonly lastDone: number;
  readonly sentPerCall: number;
  /** The most connections that were open at once. */
  readonly connections: number;
}
