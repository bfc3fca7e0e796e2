import type { LastAnswer } from '@steadfetch/core';
import { AnswerTime } from './answer-time.ts';
import type { Answer } from './model/answer.ts';
import type { Pacing } from './store.ts';

/**
 * A 503 may come from a limit or from a failing server. Each 503 adds one to a sum, and each accepted request subtracts four from it. When
 * the sum reaches 13, 503s count as a limit for a minute (Page's cumulative sum, 1954). A server that fails at random in half of its
 * answers gets there after about fourteen thousand of them. With more than 13 the gate would close too late in an outage of a few seconds.
 */
const SUM_OF_PROOF = 13;
const ACCEPTED_WEIGHT = 4;
const PROVEN_FOR_MS = 60_000;

/** What was learned at a gate. When a wide gate narrows, the gate of the refused path takes it over. */
export class Learned {
  pacer: Pacing | undefined;
  /** Whether a call has passed since the gate last closed. */
  hasReleased = true;
  /** Until when the server asked to wait. The gate may open earlier, after `maxWait`. */
  askedUntil: number = -Infinity;
  lastAnswer: LastAnswer | undefined;
  lastRefused: number = -Infinity;
  readonly answerTime: AnswerTime = new AnswerTime();
  /** The sum of refusals that may come from a failing server, such as a 503 with a wait; never below 0. */
  #doubtfulSum = 0;
  #provenUntil = -Infinity;
  #responses = 0;
  #hasQuotas = false;

  /** Counts a response. Returns whether to look for quotas in it: in the first 8 and then in every 128th, or in all once one had quotas. */
  countResponse(): boolean {
    this.#responses++;
    return this.#responses <= 8 || this.#responses % 128 === 0 || this.#hasQuotas;
  }

  /**
   * Counts an answer. Returns whether it says something about a limit. A refusal that may come from a failing server does so only if
   * there were many.
   */
  count({ kind, quotas }: Answer, isDoubtful: boolean, now: number): boolean {
    if (quotas) this.#hasQuotas = true;
    if (kind === 'accepted') this.askedUntil = -Infinity;
    if (kind === 'failed') return true;
    this.#doubtfulSum = Math.max(0, this.#doubtfulSum + (isDoubtful ? 1 : -ACCEPTED_WEIGHT));
    if (this.#doubtfulSum >= SUM_OF_PROOF) this.#provenUntil = now + PROVEN_FOR_MS;
    return !isDoubtful || now < this.#provenUntil;
  }

  /** Stores a refusal. `askedUntil`: until when the server asked to wait; `undefined` if the refusal closed no gate. */
  refused(answer: LastAnswer, now: number, askedUntil: number | undefined): void {
    this.lastRefused = now;
    this.lastAnswer = answer;
    if (askedUntil === undefined) return;
    this.hasReleased = false;
    this.askedUntil = Math.max(this.askedUntil, askedUntil);
  }
}
