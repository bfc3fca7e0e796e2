import { LONGEST_WAIT } from './usable.ts';

/** What is known of one limit, in one place for all. Times are milliseconds on the clock of that place; rates are per ms. */
export interface LimitState {
  /** When the place was last asked, by its clock; and how far that clock was set back in all. The time of a state never goes back. */
  seen: number;
  lost: number;
  /** When the next slot is: the one number of GCRA. */
  next: number;
  closedUntil: number;
  /** Refusals of slots that were reserved before this closing are counted already. */
  counted: number;
  /** How many refusals that may be noise speak for a limit; acceptances reduce it. */
  doubted: number;
  /** Closings by one refusal that acceptances outvoted or no bucket explains, since several were last refused together. */
  alone: number;
  /** Closings since something was accepted. */
  shut: number;
  way: Way;
  /** The pace that is known to be accepted; 0 while free. */
  base: number;
  /** Since when it is held, or since when the limit is used at all. */
  since: number;
  /** How long the base is held before more is tried, ms; then the pace grows by a factor of e in `1 / growth` seconds. */
  patience: number;
  growth: number;
  /** The cost of the unused slots that may be saved up. */
  depth: number;
  burst: number;
  /**
   * The burst is no larger: it is what was accepted before the first refusal (after outvoted ones), or about twice the burst that was
   * found since.
   */
  most: number;
  /** When the limit was last used up. */
  emptied: number;
  /** The first acceptance after that, and the cost of all. */
  begun: number;
  accepted: number;
  /** When a request was refused from which nothing is learned yet, 0: none was; and when the last one of the same closing was. */
  refusedAt: number;
  refusedLast: number;
  /** How long the limit is closed for that refusal, and the pace that was refused. */
  closure: number;
  pace: number;
  /** When slots were last reserved for. */
  used: number;
  /** Until this time each process works without the place; then all return together. */
  backAt: number;
  /** Between the last slots, ms. */
  every: number;
  /** The cost of the slots since the limit was last used up, as it turned out where that is known. */
  granted: number;
  /** All that was accepted: its cost, and requests. */
  cost: number;
  requests: number;
  /** How far the quotas that the server tells are trusted. */
  trust: number;
  readonly history: Entry[];
  readonly told: Map<string, Told>;
}

export const FREE = 0;
export const SEARCH = 1;
export const HOLD = 2;
type Way = typeof FREE | typeof SEARCH | typeof HOLD;

/** What was accepted between two times, or with a cost of 0: here one was refused. */
export interface Entry {
  from: number;
  to: number;
  cost: number;
}

/** A quota that the server tells. */
export interface Told {
  limit: number;
  window: number;
  /** What is left of it at a time: when the slots that are reserved have been used. */
  left: number;
  leftAt: number;
  heardAt: number;
  /** How many requests all had reported then. */
  heardIn: number;
  resetAt: number;
  /** The most that was ever left. */
  most: number;
  /** The evidence for a window: before its reset nothing comes back. */
  signs: number;
  /** What comes back by itself, per ms. Measured since `seenAt`, from what was left and spent then. */
  refill: number;
  seen: number;
  spent: number;
  seenAt: number;
  /** What the last answer said is left, how many answers told this window, and its end: the earliest that they told. */
  said: number;
  answers: number;
  endAt: number;
  /** The end of the window before; 0: few answers told it. */
  endBefore: number;
  /** How long a window is by the ends of two in a row, where that is shorter than told; 0: not seen. */
  apart: number;
}

/** What one process asks and reports. */
export interface Question {
  /** How many slots are wanted, each for a call of this cost. 0: only whether the reserved ones are still good. */
  readonly want: number;
  readonly cost: number;
  /** Slots that are due later than in so many ms are of no use. */
  readonly within: number;
  /** Reports: what was accepted since the last question. */
  readonly accepted: readonly Entry[];
  /** How many requests these are. */
  readonly requests: number;
  /** The process works without the place, and may return after this many ms; `undefined`: it uses the place. */
  readonly aloneFor: number | undefined;
  /** What those cost more than their slots, if they had any; negative: less. */
  readonly extra: number;
  readonly refusal: Refusal | undefined;
  readonly quotas: readonly ToldQuota[];
  /** What was answered last, for a place that has forgotten. 0: unknown. */
  readonly lastRate: number;
  readonly lastBurst: number;
  /** The rate that is known in advance, of requests per ms; 0: none. */
  readonly known: number;
}

/** A question that asks for nothing and reports nothing. */
export const NOTHING: Question = {
  want: 0,
  cost: 1,
  within: LONGEST_WAIT,
  accepted: [],
  requests: 0,
  aloneFor: undefined,
  extra: 0,
  refusal: undefined,
  quotas: [],
  lastRate: 0,
  lastBurst: 0,
  known: 0,
};

/** A request that was refused. */
export interface Refusal {
  /** When it was sent. */
  readonly at: number;
  /** Of its slot, when it was reserved. */
  readonly closedUntil: number;
  readonly every: number;
  /** For how long the server asked to wait. */
  readonly wait: number | undefined;
  /** Whether it may be noise by the answers of this process; the answers of all processes decide. */
  readonly isDoubted: boolean;
}

/** What a response said about a quota. A field that it did not have is 0. */
export interface ToldQuota {
  readonly name: string;
  /** When it was said. */
  readonly at: number;
  readonly remaining: number;
  readonly limit: number;
  readonly reset: number;
  readonly window: number;
}

/** Slots in time: `count` from `first` on, `every` ms apart. */
export interface Reply {
  readonly now: number;
  readonly first: number;
  readonly every: number;
  readonly count: number;
  readonly closedUntil: number;
  /** After this long the process asks whether the slots are still good, ms. */
  readonly goodFor: number;
  /** Before this time all processes work without the place, so that there are not two ways to count. */
  readonly backAt: number;
  /** In units of cost per ms; 0: no limit is known. */
  readonly rate: number;
  readonly burst: number;
}
