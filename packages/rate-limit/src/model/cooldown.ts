/** The shortest cooldown that the server did not ask for, in milliseconds. */
const SHORTEST_MS = 100;
/** The longest one. A longer one would starve clients that are refused because of others. */
const LONGEST_MS = 3_000;
/** Only a cooldown of at least this length is probed, in milliseconds. */
const PROBED_FROM_MS = 1_500;
/** The pause between two probes is half of the time since the gate closed, within these bounds in milliseconds. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5_000;
/** This many more probes refused than accepted, over several cooldowns, are not chance: a limit refused them. */
const PROVING_EXCESS = 4;
/** One cooldown counts at most this many refused probes towards the excess. */
const COUNTED = 3;
/** Further refused probes of a cooldown are not stored: they add no evidence, and a server may ask for an endless cooldown. */
const KEPT_PROBES = 20;
/** The logarithm of how many times more probable a limit must be than chance to count as proven. */
const PROOF = 6;

/**
 * Whether the gate is closed, and until when. A refusal closes it for as long as the server asked, else for a time that doubles
 * each time until a request is accepted. This time is called a cooldown. Two things end it early: an accepted probe (a call that is let
 * through a closed gate), or many acceptances of requests that were sent after the refused one, those of a sample included.
 */
export class Cooldown {
  readonly #random: () => number;
  closed = false;
  /** When the present cooldown ends, or when the last one ended. */
  until: number = -Infinity;
  #closedAt = 0;
  /** Cooldowns since the last accepted request. */
  #inRow = 0;
  /** When the refused probes of the present cooldown were sent. */
  #refusedProbes: number[] = [];
  /** The latest planned end of the cooldowns that an accepted probe cut short after other probes were refused. */
  #plannedEnd = 0;
  /** How many more probes were refused than accepted in the recent cooldowns. */
  #excess = 0;
  /** The evidence, as a logarithm, that a limit refuses probes half as often as all requests. Noise refuses both equally often. */
  #evidence = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The length of the present or the last cooldown. */
  get length(): number {
    return Math.max(1, this.until - this.#closedAt);
  }

  opensIn(now: number): number {
    return this.closed ? Math.max(0, this.until - now) : 0;
  }

  /** Milliseconds until the next call may go: when the gate opens, or as a probe if `lastSent` is given and the cooldown is long. */
  delay(now: number, lastSent?: number): number {
    const opensIn = this.opensIn(now);
    if (lastSent === undefined || this.length < PROBED_FROM_MS) return opensIn;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, (now - this.#closedAt) / 2));
    return Math.min(opensIn, Math.max(0, Math.max(lastSent, this.#closedAt) + pause - now));
  }

  /** Whether a request was sent as a probe of the present cooldown. */
  isProbe(sentAt: number): boolean {
    return this.closed && sentAt > this.#closedAt;
  }

  /** Whether probes of the present or the last cooldown were refused, and none was accepted. */
  get hasRefusedProbes(): boolean {
    return this.#refusedProbes.length > 0;
  }

  probeRefused(sentAt: number): void {
    if (this.#refusedProbes.length < KEPT_PROBES) this.#refusedProbes.push(sentAt);
  }

  /**
   * Counts an accepted probe. Returns whether a limit caused the refusals, and recovered sooner than the server said. Two cases show it:
   *
   * - This cooldown began before the planned end of an earlier one, and the excess of refused probes is not chance. Only refused probes
   *   that were sent before the accepted one count, since refusals are often faster.
   * - Probes are refused less often than all requests, of which `share` is refused.
   */
  probeAccepted(sentAt: number, share: number): boolean {
    const refused = this.#refusedProbes.filter((at) => at < sentAt).length;
    this.#refusedProbes = [];
    this.#excess = Math.min(PROVING_EXCESS + COUNTED, Math.max(0, this.#excess + Math.min(refused, COUNTED) - 1));
    const evidence = this.#evidence + Math.log((1 - share / 2) / (1 - share)) - refused * Math.LN2;
    this.#evidence = Math.min(2 * PROOF, Math.max(0, evidence));
    const isAgain = this.#closedAt < this.#plannedEnd;
    if (refused > 0) this.#plannedEnd = Math.max(this.#plannedEnd, this.until);
    return this.#evidence > PROOF || (isAgain && this.#excess >= PROVING_EXCESS);
  }

  close(now: number, asked: number | undefined, roundTrip: number): void {
    if (!this.closed) {
      this.closed = true;
      this.#closedAt = now;
      this.#refusedProbes = [];
      if (asked === undefined) this.#lengthen(now + this.#ownLength(roundTrip));
      this.#inRow++;
    }
    // one more millisecond, since clocks count whole ones; a random part, so that processes refused together do not return together
    if (asked !== undefined) this.#lengthen(now + asked + 1 + this.#random() * Math.min(25, asked / 50));
  }

  /** Opens early: the refusal said nothing about other calls. */
  reopen(now: number): void {
    this.end(now);
    this.closed = false;
  }

  /** Makes the gate open at the next `advance`, though the server asked for longer. */
  end(now: number): void {
    this.until = now;
  }

  accepted(): void {
    this.#inRow = 0;
  }

  /** Opens the gate if the cooldown is over. Returns whether it opened. */
  advance(now: number): boolean {
    if (!this.closed || now < this.until) return false;
    this.closed = false;
    return true;
  }

  /** How long to wait if the server does not say. Longer than a round trip: the server still counts what was sent before the refusal. */
  #ownLength(roundTrip: number): number {
    const first = Math.max(SHORTEST_MS, 1.5 * roundTrip) * (1 + 0.2 * this.#random());
    return Math.min(LONGEST_MS, first * 2 ** Math.min(this.#inRow, 10));
  }

  #lengthen(until: number): void {
    this.until = Math.max(this.until, until);
  }
}
