import type { Ledger } from './ledger.ts';

/** A window that is too long is divided by `1 + step`. One that is too short is multiplied by it, and then the step is halved. */
const FIRST_STEP = 1;
const LAST_STEP = 0.1;
/** Where this share of the quota or more is left, the window is too long. A second that is told as two may leave just under half. */
const PLENTY = 1 / 3;
/** Where less than this share is left, the window is too short. */
const SCARCE = 0.1;
/** Where this part of what may be spent in a window was spent, calls may have waited for more. */
const SPENT = 0.8;

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
 * requests of a window leave a third or more, though it was spent, the window is taken to be shorter; where one leaves less than a tenth, it
 * is taken to be longer again, as told at the most.
 */
export class Share {
  /** When the quota was told first. When what was sent before was spent is not known. */
  readonly #knownFrom: number;
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
    const isSpent = spent - ledger.by(sentAt - this.window) >= SPENT * this.amount;
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
