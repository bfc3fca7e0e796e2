import type { Ledger } from './ledger.ts';

/** The window is divided by one more than the step where it is too long, and multiplied by that where it is too short, after which the step is halved. */
const FIRST_STEP = 1;
const LAST_STEP = 0.1;
/** Of the quota: where more than this is left, the window is too long. A second told as two may leave just under half. */
const PLENTY = 1 / 3;
/** Of the quota: where less than this is left, the window is too short. */
const SCARCE = 0.1;

/** A request whose answer came after the window in which it was sent. */
interface Outlasting {
  readonly accepted: boolean;
  readonly sentAt: number;
  readonly now: number;
  /** What was left after it, of how much. */
  readonly remaining: number;
  readonly whole: number;
  /** What was spent up to it, itself included. */
  readonly spent: number;
  readonly ledger: Ledger;
  /** How long a window is, as told or guessed, in milliseconds. */
  readonly window: number;
}

/**
 * What can be spent in each window, where a quota is reset before the answers tell of it.
 *
 * Such a window may be shorter than told: the least that is told is a second, and a small bucket may fill up again sooner. So where all
 * requests of a window leave a third or more, though it was spent, the window is taken to be shorter; where one leaves less than a tenth,
 * longer again, as told at the most.
 */
export class Share {
  /** 0 where the answers come before the reset. */
  amount = 0;
  /** How long the window is taken to be, in milliseconds. */
  window = 0;
  /** By which factor that is shorter than told. */
  #factor = 1;
  #step = FIRST_STEP;
  /** When the factor was changed last. Requests that were sent before say nothing of it. */
  #changedAt = -Infinity;
  /** When the first of the last requests was sent that all left plenty. */
  #plentyFrom = Infinity;

  /** When the quota was told first: of what was sent before, it is not known when. */
  readonly #knownFrom: number;

  constructor(knownFrom: number) {
    this.#knownFrom = knownFrom;
  }

  end(): void {
    this.amount = 0;
  }

  settle(request: Outlasting): void {
    const { remaining, whole, spent, ledger, sentAt, window } = request;
    if (this.amount > 0 && sentAt >= this.#changedAt) this.#compare(request);
    this.window = window / this.#factor;
    const from = sentAt - this.window;
    this.amount = from < this.#knownFrom ? whole : Math.min(whole, remaining + spent - ledger.by(from));
  }

  #compare({ accepted, remaining, whole, spent, ledger, sentAt, now, window }: Outlasting): void {
    const left = accepted ? remaining / whole : 0;
    const isSpent = spent - ledger.by(sentAt - this.window) >= 0.8 * this.amount;
    if (left >= PLENTY && isSpent) {
      this.#plentyFrom = Math.min(this.#plentyFrom, sentAt);
      // a millisecond is the shortest: the clock tells no shorter times apart
      if (sentAt - this.#plentyFrom >= window) this.#change(Math.min(this.#factor * (1 + this.#step), window), now);
      return;
    }
    this.#plentyFrom = Infinity;
    if (left >= SCARCE || this.#factor === 1) return;
    this.#change(Math.max(1, this.#factor / (1 + this.#step)), now);
    this.#step = Math.max(LAST_STEP, this.#step / 2);
  }

  #change(factor: number, now: number): void {
    this.#factor = factor;
    this.#changedAt = now;
    this.#plentyFrom = Infinity;
  }
}
