import type { Ledger } from './ledger.ts';

/** An assumed window that is too long is divided by `1 + step`. One that is too short is multiplied by it, and the step is halved. */
const FIRST_STEP = 1;
const LAST_STEP = 0.1;
/** The assumed window is too long if at least this share of the quota is left. A second reported as two may leave just under half. */
const LEFT_IF_TOO_LONG = 1 / 3;
/** The assumed window is too short if less than this share of the quota is left. */
const LEFT_IF_TOO_SHORT = 0.1;
/** A window counts as spent if at least this part of its amount was sent. Then calls may have waited for more. */
const SPENT_SHARE = 0.8;

/** A request whose answer came after the reset of the quota that it reports. */
interface SlowRequest {
  readonly accepted: boolean;
  readonly sentAt: number;
  readonly now: number;
  /** What the request left of the quota, and the size of the quota. */
  readonly remaining: number;
  readonly size: number;
  /** What had been spent in all by this request, itself included. */
  readonly spent: number;
  readonly ledger: Ledger;
  /** The length of the window, as reported or estimated, in milliseconds. */
  readonly window: number;
}

/**
 * How much may be spent in each window of a quota that is reset before the answers about it arrive.
 *
 * The real window may be shorter than reported: the shortest reported reset is a second, and a small bucket may refill sooner. So the
 * assumed window becomes shorter if all requests of a window leave a third or more although it was spent. It becomes longer again, up to
 * the reported length, if a request leaves less than a tenth.
 */
export class Share {
  /** When the quota was first reported. Nothing is known about when requests before that were sent. */
  readonly #knownFrom: number;
  /** How much may be spent in one window; 0 if the answers arrive before the reset. */
  amount = 0;
  /** The assumed length of the window, in milliseconds. */
  window = 0;
  /** How many times shorter the assumed window is than the reported one. */
  #factor = 1;
  #step = FIRST_STEP;
  /** When the factor last changed. Requests sent before that are no evidence about it. */
  #changedAt = -Infinity;
  /** When the first of the latest requests was sent that all found the window too long. */
  #tooLongFrom = Infinity;

  constructor(knownFrom: number) {
    this.#knownFrom = knownFrom;
  }

  end(): void {
    this.amount = 0;
  }

  settle(request: SlowRequest): void {
    const { remaining, size, spent, ledger, sentAt, window } = request;
    if (this.amount > 0 && sentAt >= this.#changedAt) this.#compare(request);
    this.window = window / this.#factor;
    const from = sentAt - this.window;
    this.amount = from < this.#knownFrom ? size : Math.min(size, remaining + spent - ledger.by(from));
  }

  #compare({ accepted, remaining, size, spent, ledger, sentAt, now, window }: SlowRequest): void {
    const left = accepted ? remaining / size : 0;
    const isSpent = spent - ledger.by(sentAt - this.window) >= SPENT_SHARE * this.amount;
    if (left >= LEFT_IF_TOO_LONG && isSpent) {
      this.#tooLongFrom = Math.min(this.#tooLongFrom, sentAt);
      // the shortest assumed window is one millisecond, the precision of the clock
      if (sentAt - this.#tooLongFrom >= window) this.#change(Math.min(this.#factor * (1 + this.#step), window), now);
      return;
    }
    this.#tooLongFrom = Infinity;
    if (left >= LEFT_IF_TOO_SHORT || this.#factor === 1) return;
    this.#change(Math.max(1, this.#factor / (1 + this.#step)), now);
    this.#step = Math.max(LAST_STEP, this.#step / 2);
  }

  #change(factor: number, now: number): void {
    this.#factor = factor;
    this.#changedAt = now;
    this.#tooLongFrom = Infinity;
  }
}
