import type { Stretch } from './history.ts';

/** How many of the last answers are remembered one by one. */
const ANSWERS_REMEMBERED = 20;
/** How much one answer counts in the share of refusals in the long run. */
const WEIGHT_OF_ANSWER = 0.01;
/** If more than this share of the answers refuses in the long run, that is a limit and no noise. */
const MOST_NOISE = 0.12;
/** A refusal that was doubted is dismissed after so many more answers, if they did not prove a limit. */
const DISMISSED_AFTER_ANSWERS = 10;
/** The key becomes patient with so many dismissed refusals. */
const PATIENT_AFTER_DISMISSALS = 2;

/**
 * Refusals that do not depend on the pace: one of many backends is ill, a deployment, a fault that is injected. The pace cannot
 * help against these, so it must not fall for them. What tells them from a limit is the share of the answers that are refused.
 */
export class Noise {
  /** Has it been seen that refusals come and go whatever one does? */
  patient = false;
  #dismissed = 0;
  /** The share of the last answers that refused. */
  share = 0;
  /** Several were refused at once: that proves a limit. */
  limited = false;
  /** The pace at which one alone was refused, and the answers at that pace and at less than two thirds of it. */
  #reference = 0;
  #fast = { answers: 0, refused: 0 };
  #slow = { answers: 0, refused: 0 };
  #last: boolean[] = [];
  #sinceDoubt = Infinity;

  /** Notes an answer to a request that was sent at a pace. */
  note(refused: boolean, pace: number): void {
    const side = pace < 0.65 * this.#reference ? this.#slow : this.#fast;
    side.answers++;
    if (refused) side.refused++;
    this.share += ((refused ? 1 : 0) - this.share) * WEIGHT_OF_ANSWER;
    this.#last.push(refused);
    if (this.#last.length > ANSWERS_REMEMBERED) this.#last.shift();
    if (++this.#sinceDoubt === DISMISSED_AFTER_ANSWERS) this.dismiss();
  }

  /** A refusal holds back only its call until the next answers tell. */
  doubt(): void {
    if (this.#sinceDoubt > DISMISSED_AFTER_ANSWERS) this.#sinceDoubt = 0;
  }

  /** Do so many of the last answers refuse that it must be a limit? */
  get proven(): boolean {
    if (this.patient) return this.#refused(10) >= 6 || this.share > MOST_NOISE;
    return this.#refused(6) >= 3 || this.#refused(20) >= 5;
  }

  /** A refusal came to nothing. */
  dismiss(): void {
    if (++this.#dismissed >= PATIENT_AFTER_DISMISSALS) this.patient = true;
  }

  /** The gate closed: what came before is used up as evidence. */
  closed({ accepted, refused, length, several }: Stretch, pace: number): void {
    this.#last = [];
    this.#sinceDoubt = Infinity;
    if (this.patient) this.#dismissed = PATIENT_AFTER_DISMISSALS - 1;
    this.patient = false;
    if (several) {
      this.limited = true;
      this.#dismissed = 0;
    }
    if (this.#reference > 0 || pace === Infinity || refused > 1) return;
    this.#reference = Math.min(pace, (1.2 * Math.max(1, accepted)) / length);
    this.#fast = { answers: accepted, refused: 0 }; // the one that made it the reference does not count
    this.#slow = { answers: 0, refused: 0 };
  }

  /**
   * Dismisses a refusal that does not depend on the pace, and returns whether it did. The test is to go slower: are as many
   * refused at two thirds of the pace and less? Then the pace is not the cause.
   */
  dismissIfIndependent(): boolean {
    const slow = this.#slow;
    const share = slow.refused / Math.max(1, slow.answers);
    const fast = this.#fast.refused / Math.max(1, this.#fast.answers);
    if (this.limited || slow.refused < 2 || slow.answers < 10 || share > 0.12 || share < 0.5 * fast) return false;
    this.#reference = 0;
    this.dismiss();
    return true;
  }

  #refused(count: number): number {
    return this.#last.slice(-count).filter(Boolean).length;
  }
}
