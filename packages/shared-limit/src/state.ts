import { LONGEST_WAIT } from './usable.ts';

/**
 * What is known of one limit, kept in one place for all processes. Times are in ms by the clock of that place, rates in units of cost per ms.
 * A closing is the time after a refusal in which no slot is due.
 */
export interface LimitState {
  /** When the place was last asked, by its clock; and by how much that clock was set back in all. The time of a state never goes back. */
  seen: number;
  lost: number;
  /** When the next slot is due: the one number of GCRA. */
  next: number;
  closedUntil: number;
  /** The last closing that was counted. A refusal of a slot that was reserved before it belongs to it and is not counted again. */
  counted: number;
  /** How many doubted refusals there are, which may be noise. Accepted requests reduce it. */
  doubted: number;
  /** How many refusals came alone and were outvoted by accepted requests, or not explained by a bucket, since several last came together. */
  alone: number;
  /** How many closings there were since a request was last accepted. */
  shut: number;
  way: Way;
  /** The rate that is known to be accepted; 0 while no limit is known. */
  base: number;
  /** Since when that rate is held, or since when the limit is used at all. */
  since: number;
  /** How long the base is held before the pace is raised, ms. Then it grows by a factor of e in `1 / growth` seconds. */
  patience: number;
  growth: number;
  /** The cost of the unused slots that may be saved up. */
  depth: number;
  burst: number;
  /** The largest burst that is possible: what was accepted before the first refusal (after outvoted ones), or about twice the burst found since. */
  most: number;
  /** When the limit was last used up. */
  emptied: number;
  /** When the first request after that was sent that was accepted, and the cost of all of them. */
  begun: number;
  accepted: number;
  /** When the request was sent whose refusal the group has yet to learn from, 0: there is none; and when the last one of the same closing was sent. */
  refusedAt: number;
  refusedLast: number;
  /** How long that refusal closed the limit, and the pace that was refused. */
  closure: number;
  pace: number;
  /** The latest time for which a slot was reserved. */
  used: number;
  /** Until this time each process goes on without the place. Then all return together. */
  backAt: number;
  /** The time between the slots that were reserved last, ms. */
  every: number;
  /** The cost of the slots since the limit was last used up: the true cost once it is reported. */
  granted: number;
  /** All that was ever accepted: its cost, and the number of requests. */
  cost: number;
  requests: number;
  /** How far the reported quotas are trusted, from 0 to 1. */
  trust: number;
  readonly history: Entry[];
  readonly told: Map<string, Told>;
}

/** No refusal has shown a limit yet; the rate is being searched for, and grows; or a measured rate is held. */
export const FREE = 0;
export const SEARCH = 1;
export const HOLD = 2;
type Way = typeof FREE | typeof SEARCH | typeof HOLD;

/** What was accepted between two times. A cost of 0 marks a refusal. */
export interface Entry {
  from: number;
  to: number;
  cost: number;
}

/** A quota that the server reports. */
export interface Told {
  limit: number;
  window: number;
  /** What is left of it at a time: once the slots that are reserved have been used. */
  left: number;
  leftAt: number;
  heardAt: number;
  /** How many requests all processes had reported then. */
  heardIn: number;
  resetAt: number;
  /** The most that was ever left. */
  most: number;
  /** How much evidence there is for a window: measurements in which nothing came back before the reset. */
  signs: number;
  /** Whether it counts requests, not their cost. */
  isOfRequests: boolean;
  /** The refill per ms. It is measured since `seenAt`, from what was left then, and what had been accepted in all: its cost, and the requests. */
  refill: number;
  seen: number;
  spent: number;
  sent: number;
  seenAt: number;
  /** What the last answer said is left; how many answers reported this window; and the earliest end that they reported. */
  said: number;
  answers: number;
  endAt: number;
  /** The end of the window before; 0: too few answers reported it. */
  endBefore: number;
  /** The length of a window by two ends in a row, if that is shorter than reported; 0: not known. */
  apart: number;
}

/** What one process asks and reports. */
export interface Question {
  /** How many slots the process wants, each for a call of this cost. 0: it asks only whether its reserved slots are still good. */
  readonly want: number;
  readonly cost: number;
  /** Slots that are due later than this, ms from now, are of no use. */
  readonly within: number;
  /** What was accepted since the last question. */
  readonly accepted: readonly Entry[];
  /** How many requests that was. */
  readonly requests: number;
  /** The process does not use the place, and may return after this many ms; `undefined`: it uses the place. */
  readonly aloneFor: number | undefined;
  /** What these requests cost beyond their slots, if they had any; negative if they cost less. */
  readonly extra: number;
  readonly refusal: Refusal | undefined;
  readonly quotas: readonly ToldQuota[];
  /** What the last answer said, for a place that has lost the limit. 0: unknown. */
  readonly lastRate: number;
  readonly lastBurst: number;
  /** The rate that the user set, of requests per ms; 0: none. */
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
  /** What the reply said that reserved its slot. */
  readonly closedUntil: number;
  readonly every: number;
  /** How long the server asked to wait, ms. */
  readonly wait: number | undefined;
  /** Whether this process takes it for possible noise. The reports of all processes decide. */
  readonly isDoubted: boolean;
}

/** What a response reported about a quota. A missing field is 0. */
export interface ToldQuota {
  readonly name: string;
  /** When the response came. */
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
  /** The process asks whether the slots are still good after this long, ms. */
  readonly goodFor: number;
  /** Before this time all processes go on without the place: two groups that count in two ways would take from each other. */
  readonly backAt: number;
  /** In units of cost per ms; 0: no limit is known. */
  readonly rate: number;
  readonly burst: number;
}
