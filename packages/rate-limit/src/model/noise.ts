import type { Stretch } from './stretch.ts';

/** So many refusals among so many of the last answers prove a limit. */
const PROVEN_BY = 3;
const ANSWERS_KEPT = 6;
/** How much one answer counts in the share of refusals in the long run. */
const WEIGHT_OF_ANSWER = 0.01;
/** A refusal that was doubted is dismissed after so many more answers, if they did not prove a limit. */
const DISMISSED_AFTER_ANSWERS = 10;
/** The gate becomes patient with so many dismissed refusals. */
const PATIENT_AFTER_DISMISSALS = 2;
/** The usual share of refusals is taken from about so many answers, and lies between these. */
const ANSWERS_COUNTED = 400;
const LEAST_USUAL = 0.02;
const MOST_UNPROVEN = 0.05;
const MOST_USUAL = 0.6;
/** What counts as more than usual: that this part of what is usually accepted is refused too. */
const MORE = 0.25;
/** More than usual is proven when it is e to this power times as probable. */
const PROOF = 9;

interface Tally {
  answers: number;
  refused: number;
}

/**
 * Refusals that do not depend on the pace: one of many backends fails, a deployment, an injected fault. A lower pace
 * does not help against these, so they must not lower it. A usual share of refusals is known once the gate is patient; what proves a
 * limit then is that more than usual is refused (Page's cumulative sum, 1954).
 */
export class Noise {
  /** Whether refusals have come and gone independently of the pace. */
  patient = false;
  #dismissed = 0;
  /** The share of the last answers that refused. */
  share = 0;
  #last: boolean[] = [];
  #sinceDoubt = Infinity;
  #all: Tally = { answers: 0, refused: 0 };
  /** The same when the stretch began. */
  #before: Tally = { answers: 0, refused: 0 };
  /** The share of refusals that is usual, as it was when the gate became patient. */
  #usual = 0;
  /** The evidence in the last answers for more refusals than usual, as a logarithm; and the pace at which that began. */
  #excess = 0;
  #paceBefore = 0;
  /** The pace at which it was seen that it is not the cause; Infinity where it was not tested. */
  #testedAt = Infinity;

  /** Notes an answer to a request that was sent at a pace. */
  note(refused: boolean, pace: number): void {
    const all = this.#all;
    all.answers++;
    if (refused) all.refused++;
    if (all.answers > ANSWERS_COUNTED) [all.answers, all.refused] = [all.answers / 2, all.refused / 2];
    if (this.patient) this.#compare(refused, pace);
    this.share += ((refused ? 1 : 0) - this.share) * WEIGHT_OF_ANSWER;
    this.#last.push(refused);
    if (this.#last.length > ANSWERS_KEPT) this.#last.shift();
    if (++this.#sinceDoubt === DISMISSED_AFTER_ANSWERS) this.dismiss();
  }

  #compare(refused: boolean, pace: number): void {
    const usual = this.#usual;
    const more = usual + MORE * (1 - usual);
    if (this.#excess === 0) this.#paceBefore = pace;
    const evidence = Math.log(refused ? more / usual : (1 - more) / (1 - usual));
    this.#excess = Math.max(0, this.#excess + evidence);
  }

  /** A refusal holds back only its call until the next answers tell. */
  doubt(): void {
    if (this.#sinceDoubt > DISMISSED_AFTER_ANSWERS) this.#sinceDoubt = 0;
  }

  /** Do so many of the last answers refuse that it must be a limit? */
  get proven(): boolean {
    if (this.patient) return this.#excess > PROOF;
    return this.#last.filter(Boolean).length >= PROVEN_BY;
  }

  /** A refusal turned out to say nothing about the pace. */
  dismiss(): void {
    if (++this.#dismissed >= PATIENT_AFTER_DISMISSALS && !this.patient) this.#becomePatient(MOST_UNPROVEN);
  }

  /** A sample has shown at this pace that the pace is not the cause of refusals. */
  tested(pace: number): void {
    this.#testedAt = pace;
    this.#becomePatient(MOST_USUAL);
  }

  #becomePatient(most: number): void {
    this.patient = true;
    this.#excess = 0;
    const { answers, refused } = this.#all;
    this.#usual = Math.min(most, Math.max(LEAST_USUAL, (refused + 0.5) / (answers + 10)));
  }

  /**
   * The gate closed: what came before is used up as evidence. Patience is lost, unless it was tested and no more than usual was
   * refused at the pace of the test. Returns the pace up to which that was so, for patience that is not lost.
   */
  closed({ several }: Stretch): number | undefined {
    if (several) this.#all = { ...this.#before };
    this.#before = { ...this.#all };
    this.#last = [];
    this.#sinceDoubt = Infinity;
    this.#excess = 0;
    const isTested = this.#testedAt < Infinity;
    if (this.patient && isTested && this.#paceBefore >= this.#testedAt) return this.#paceBefore;
    this.patient = false;
    this.#testedAt = Infinity;
    return undefined;
  }
}
