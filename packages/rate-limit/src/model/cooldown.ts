/** The shortest closing that the server did not ask for, in milliseconds. */
const SHORTEST_MS = 100;
/** The longest one, in milliseconds: doubling it further would starve those that are refused because of others. */
const LONGEST_MS = 3_000;
/** A closing that is longer than this is probed, in milliseconds. */
const PROBED_FROM_MS = 1_500;
/** The shortest and the longest time between two probes, in milliseconds; in between, half of the time that the gate is closed. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5_000;
/** So many more probes that are refused than accepted are no accident; of one closing so many count. */
const NO_ACCIDENT = 4;
const COUNTED = 3;
/** More refused probes of one closing are not kept, since they say no more than these. A closing may be asked for without an end. */
const KEPT = 20;
/** It is a limit when it is e to this power times as probable that probes are refused half as often as all requests. */
const PROOF = 6;

/**
 * Whether the gate is closed, and until when. A refusal closes it for as long as the server asked, or for a time of our own that
 * doubles while nothing is accepted. A closing is shortened in two cases only: a probe is accepted, which is a call that is let
 * out while the gate is closed for long; or many requests are accepted that were sent after the refused one, those of a sample
 * among them.
 */
export class Cooldown {
  readonly #random: () => number;
  closed = false;
  /** When the present closing ends, or when the last one ended. */
  until = 0;
  #closedAt = 0;
  /** Closings in a row without an accepted request between them. */
  #strikes = 0;
  /** When the refused probes of the present closing were sent. */
  #refusedProbes: number[] = [];
  /** When the closings would have ended that a probe has shortened after others were refused. */
  #promised = 0;
  /** How many more probes were refused than accepted in the last closings. */
  #excess = 0;
  /** The evidence in the probes for a limit, as a logarithm: if refusals were noise, probes would be refused as often as others. */
  #evidence = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** How long the present or the last closing takes. */
  get length(): number {
    return Math.max(1, this.until - this.#closedAt);
  }

  /** Milliseconds until it opens. */
  opensIn(now: number): number {
    return this.closed ? Math.max(0, this.until - now) : 0;
  }

  /** Milliseconds until the next call may go: when it opens, or, where `lastSent` is given, as a probe some time after that. */
  delay(now: number, lastSent?: number): number {
    const opensIn = this.opensIn(now);
    if (lastSent === undefined || this.length < PROBED_FROM_MS) return opensIn;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, (now - this.#closedAt) / 2));
    return Math.min(opensIn, Math.max(0, Math.max(lastSent, this.#closedAt) + pause - now));
  }

  /** Whether a request was sent as a probe of the present closing. */
  isProbe(sentAt: number): boolean {
    return this.closed && sentAt > this.#closedAt;
  }

  /** Whether probes of the present or the last closing were refused, and none was accepted. */
  get hasRefusedProbes(): boolean {
    return this.#refusedProbes.length > 0;
  }

  probeRefused(sentAt: number): void {
    if (this.#refusedProbes.length < KEPT) this.#refusedProbes.push(sentAt);
  }

  /**
   * Counts an accepted probe. Returns whether the closing was right, and the limit came back sooner than it said. It is so where
   *
   * - the closing began before an earlier one would have ended, and too many probes were refused for an accident. Only those count
   *   that were sent before the accepted one, since refusals are often faster;
   * - or probes are refused less often than other requests, of which this `share` is refused.
   */
  probeAccepted(sentAt: number, share: number): boolean {
    const refused = this.#refusedProbes.filter((at) => at < sentAt).length;
    this.#refusedProbes = [];
    this.#excess = Math.min(NO_ACCIDENT + COUNTED, Math.max(0, this.#excess + Math.min(refused, COUNTED) - 1));
    const evidence = this.#evidence + Math.log((1 - share / 2) / (1 - share)) - refused * Math.LN2;
    this.#evidence = Math.min(2 * PROOF, Math.max(0, evidence));
    const isAgain = this.#closedAt < this.#promised;
    if (refused > 0) this.#promised = Math.max(this.#promised, this.until);
    return this.#evidence > PROOF || (isAgain && this.#excess >= NO_ACCIDENT);
  }

  close(now: number, asked: number | undefined, roundTrip: number): void {
    if (!this.closed) {
      this.closed = true;
      this.#closedAt = now;
      this.#refusedProbes = [];
      if (asked === undefined) this.#lengthen(now + this.#own(roundTrip));
      this.#strikes++;
    }
    // clocks count whole milliseconds; chance keeps processes apart that were refused together
    if (asked !== undefined) this.#lengthen(now + asked + 1 + this.#random() * Math.min(25, asked / 50));
  }

  /** Opens early: the refusal said nothing about other calls. */
  reopen(now: number): void {
    this.end(now);
    this.closed = false;
  }

  /** It is time to open, though the server asked for longer. */
  end(now: number): void {
    this.until = now;
  }

  accepted(): void {
    this.#strikes = 0;
  }

  /** Opens when it is time; says whether it did. */
  advance(now: number): boolean {
    if (!this.closed || now < this.until) return false;
    this.closed = false;
    return true;
  }

  /** Longer than a round trip: what was sent before the refusal still counts at the server. */
  #own(roundTrip: number): number {
    const first = Math.max(SHORTEST_MS, 1.5 * roundTrip) * (1 + 0.2 * this.#random());
    return Math.min(LONGEST_MS, first * 2 ** Math.min(this.#strikes, 10));
  }

  #lengthen(until: number): void {
    this.until = Math.max(this.until, until);
  }
}
