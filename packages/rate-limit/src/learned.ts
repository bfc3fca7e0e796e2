import type { LastAnswer } from '@steadfetch/core';
import { AnswerTime } from './answer-time.ts';
import type { Answer } from './model/answer.ts';
import type { Pacing } from './store.ts';

/**
 * A 503 may come from a limit or from a server that fails. Each adds one to a sum, and each accepted request takes four from it. At so
 * many they count as a limit for so long (Page's cumulative sum, 1954). Where half of the requests are refused by chance, it takes about
 * fourteen thousand answers until that happens. With a higher number the gate closes too late in an outage of a few seconds.
 */
const PROVEN_BY = 13;
const PER_ACCEPTED = 4;
const PROVEN_FOR_MS = 60_000;

/** What was learned at a gate. Another gate can take it over. */
export class Learned {
  pacer: Pacing | undefined;
  /** Whether a call has passed since the gate was last closed. */
  hasReleased = true;
  /** Until when the server asked for no requests, which may be longer than the gate is closed. */
  askedUntil = 0;
  lastAnswer: LastAnswer | undefined;
  lastRefused: number = -Infinity;
  readonly answerTime: AnswerTime = new AnswerTime();
  /** The sum of those that refused without proof that it is about the rate (503 with a wait): never below 0. */
  #doubtful = 0;
  #provenUntil = -Infinity;
  #responses = 0;
  #hasQuotas = false;

  /** Counts a response. Returns whether to look for quotas in it: in the first few, then in some, or in all where quotas are used. */
  countResponse(): boolean {
    this.#responses++;
    return this.#responses <= 8 || this.#responses % 128 === 0 || this.#hasQuotas;
  }

  /**
   * Counts an answer. Returns whether it says something about a limit: those that may as well come from a failing
   * server do only where there are many.
   */
  count({ kind, quotas }: Answer, isDoubtful: boolean, now: number): boolean {
    if (quotas) this.#hasQuotas = true;
    if (kind === 'accepted') this.askedUntil = 0;
    if (kind === 'failed') return true;
    this.#doubtful = Math.max(0, this.#doubtful + (isDoubtful ? 1 : -PER_ACCEPTED));
    if (this.#doubtful >= PROVEN_BY) this.#provenUntil = now + PROVEN_FOR_MS;
    return !isDoubtful || now < this.#provenUntil;
  }

  /** Keeps what a refusal said. `askedUntil`: the time that the server set; `undefined` where the gate is not closed. */
  refused(answer: LastAnswer, now: number, askedUntil: number | undefined): void {
    this.lastRefused = now;
    this.lastAnswer = answer;
    if (askedUntil === undefined) return;
    this.hasReleased = false;
    this.askedUntil = Math.max(this.askedUntil, askedUntil);
  }
}
