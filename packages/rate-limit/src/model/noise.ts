import type { Stretch } from './stretch.ts';

/** This many refusals among the last `ANSWERS_KEPT` answers prove a limit. */
const PROVEN_BY = 3;
const ANSWERS_KEPT = 6;
/** The weight of one answer in the moving average of refusals. */
const WEIGHT_OF_ANSWER = 0.01;
/** A refusal that proves no limit within this many further answers is dismissed: it says nothing about the pace. */
const DISMISSED_AFTER_ANSWERS = 10;
/** The gate becomes patient after this many dismissals. */
const PATIENT_AFTER_DISMISSALS = 2;
/** The usual share of refusals is measured over about this many answers, and lies within the following bounds. */
const ANSWERS_COUNTED = 400;
const MIN_USUAL = 0.02;
const MAX_USUAL_UNTESTED = 0.05;
const MAX_USUAL_TESTED = 0.6;
/** More refusals than usual means that also this part of what is usually accepted is refused. */
const MORE = 0.25;
/** The logarithm of how many times more probable "more than usual" must be than "as usual" to prove a limit. */
const PROOF = 9;

interface Tally {
  answers: number;
  refused: number;
}

/**
 * Refusals that do not depend on the pace: one of many backends fails, a deployment, an injected fault. They must not lower the pace,
 * since that would not help. After enough of these refusals the gate is patient: it treats a usual share of refusals as noise, and
 * only a higher share proves a limit (Page's cumulative sum, 1954).
 */
export class Noise {
  /** Whether refusals came and went independently of the pace. */
  patient = false;
  #dismissed = 0;
  /** The recent share of refusals among the answers, from 0 to 1. */
  share = 0;
  #last: boolean[] = [];
  /** Answers since the watched refusal; Infinity if none is watched. */
  #sinceWatched = Infinity;
  #all: Tally = { answers: 0, refused: 0 };
  /** `#all` as it was when the stretch began. */
  #allAtStart: Tally = { answers: 0, refused: 0 };
  /** The usual share of refusals, measured when the gate became patient. */
  #usual = 0;
  /** The evidence for more refusals than usual, as a logarithm, and the pace at which this evidence began. */
  #excess = 0;
  #paceAtStart = 0;
  /** The pace at which a sample showed that the pace is not the cause; Infinity without a sample. */
  #testedAt = Infinity;

  note(refused: boolean, pace: number): void {
    const all = this.#all;
    all.answers++;
    if (refused) all.refused++;
    if (all.answers > ANSWERS_COUNTED) [all.answers, all.refused] = [all.answers / 2, all.refused / 2];
    if (this.patient) this.#compare(refused, pace);
    this.share += ((refused ? 1 : 0) - this.share) * WEIGHT_OF_ANSWER;
    this.#last.push(refused);
    if (this.#last.length > ANSWERS_KEPT) this.#last.shift();
    if (++this.#sinceWatched === DISMISSED_AFTER_ANSWERS) this.dismiss();
  }

  #compare(refused: boolean, pace: number): void {
    const usual = this.#usual;
    const more = usual + MORE * (1 - usual);
    if (this.#excess === 0) this.#paceAtStart = pace;
    const evidence = Math.log(refused ? more / usual : (1 - more) / (1 - usual));
    this.#excess = Math.max(0, this.#excess + evidence);
  }

  /** A refusal delays only its own call. The next answers decide whether it is proof of a limit or is dismissed. */
  watch(): void {
    if (this.#sinceWatched > DISMISSED_AFTER_ANSWERS) this.#sinceWatched = 0;
  }

  /** Whether the recent refusals prove a limit. */
  get proven(): boolean {
    if (this.patient) return this.#excess > PROOF;
    return this.#last.filter(Boolean).length >= PROVEN_BY;
  }

  /** A refusal turned out to say nothing about the pace. */
  dismiss(): void {
    if (++this.#dismissed >= PATIENT_AFTER_DISMISSALS && !this.patient) this.#becomePatient(MAX_USUAL_UNTESTED);
  }

  /** A sample showed that, at this pace, the pace is not the cause of refusals. */
  tested(pace: number): void {
    this.#testedAt = pace;
    this.#becomePatient(MAX_USUAL_TESTED);
  }

  #becomePatient(maxUsual: number): void {
    this.patient = true;
    this.#excess = 0;
    const { answers, refused } = this.#all;
    this.#usual = Math.min(maxUsual, Math.max(MIN_USUAL, (refused + 0.5) / (answers + 10)));
  }

  /**
   * A cooldown is over, so the evidence starts anew. Refusals that came together do not count for the usual share. The gate stays patient
   * if a sample was taken and the excess began at its pace or above. Then returns the pace up to which only the usual share was refused.
   */
  closed({ together }: Stretch): number | undefined {
    if (together) this.#all = { ...this.#allAtStart };
    this.#allAtStart = { ...this.#all };
    this.#last = [];
    this.#sinceWatched = Infinity;
    this.#excess = 0;
    const isTested = this.#testedAt < Infinity;
    if (this.patient && isTested && this.#paceAtStart >= this.#testedAt) return this.#paceAtStart;
    this.patient = false;
    this.#testedAt = Infinity;
    return undefined;
  }
}
