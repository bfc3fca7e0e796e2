import type { Gate } from './gate.ts';
import type { Quota } from './model/answer.ts';

/** Refusals that are further apart than this have nothing to do with each other, in milliseconds. */
const MEMORY_MS = 60_000;
/** Of so many gates that were refused, and so many that were accepted, the last answer is remembered. */
const GATES_REMEMBERED = 100;
/**
 * A gate that is refused again so many times, with no other answer in between, is the only one that is called: its refusals say
 * nothing of the others. With others accepted in between it is likely to be the only limited one.
 */
const REFUSALS_IN_A_ROW = 2;
/**
 * With a limit in common the refusals would hit other gates too. It is given up where they hit one gate alone, and that would be
 * less probable than this.
 */
const LEAST_PROBABILITY = 0.02;
/** A gate that is refused for as long as so many requests to the others are accepted says nothing of them. */
const ACCEPTED_OTHERS = 20;
/** Where the server asks for no wait, a limit of the gate's own may refuse for so long, in milliseconds. */
const UNTOLD_WAIT_MS = 1_000;
/** Shorter waits, told in whole seconds, end at one instant by chance, in milliseconds. */
const LONG_WAIT_MS = 5_000;
/** Two waits that end so close to each other end at one instant, in milliseconds. */
const SECOND_MS = 1_000;
/** Gates have one window in common if so many refusals in a row, each of another gate than the one before, tell its end; with two gates one. */
const TOLD_IN_A_ROW = 2;
/** They do only if so many times as many were refused at their last answer as accepted: windows of their own may end at one instant too. */
const REFUSED_PER_ACCEPTED = 3;

/** A refusal of a request that was sent at a time. */
export interface Refused {
  readonly sentAt: number;
  readonly now: number;
  /** How long the server asked to wait, in milliseconds, if it did. */
  readonly asked: number | undefined;
}

/**
 * Whether the gates below one have a limit in common. They do if both hold: more of them were refused at their last answer than
 * accepted, two at least, since a few may be called above limits of their own; and in the last minute one was refused at the
 * first request that it sent after the wait of its last refusal, when a limit of its own would have had room again, or several in
 * a row were told to wait until one instant, while three quarters of the gates are refused. One that is refused again while others are
 * accepted says the opposite, and so do quotas of one name and different limits.
 */
export class CommonLimit {
  /** The gate that was refused last, and when. */
  #last: Gate | undefined;
  #at = 0;
  /** When one was refused that had not used up a limit of its own. */
  #byOthersAt = -Infinity;
  /** When the wait of the last refusal ends, and how many refusals of another gate than the one before have told that instant too. */
  #end = -Infinity;
  #told = 0;
  /** How often it was accepted since, and how often the others. */
  #own = 0;
  #others = 0;
  /** How often it was refused again by itself, and how probable that is if all have one limit. */
  #again = 0;
  #chance = 1;
  /**
   * After so many of these, while others are accepted, the gates go apart to find out whether they have a limit in common. The next
   * time it takes twice as many.
   */
  #needed = REFUSALS_IN_A_ROW;
  /** The gates whose last answer was a refusal, with how many requests had been accepted then; and the other ones. */
  readonly #refused = new Map<Gate, number>();
  readonly #accepted = new Map<Gate, number>();
  #count = 0;
  #quota: Quota | undefined;
  #quotaOf: Gate | undefined;
  #differ = false;

  /** Counts an acceptance. Returns whether the gates were told quotas of one name and different limits: then none stands for all. */
  accepted(child: Gate, quota: Quota | undefined): boolean {
    if (child === this.#last) this.#own++;
    else this.#others++;
    this.#count++;
    this.#note(child, false);
    if (quota) {
      const { name, limit } = this.#quota ?? quota;
      const isOther = child !== this.#quotaOf && quota.name === name;
      if (isOther && limit && quota.limit && quota.limit !== limit) this.#differ = true;
      [this.#quota, this.#quotaOf] = [quota, child];
    }
    return this.#differ;
  }

  /** Counts a refusal. Returns whether one gate should stand for all of them, and the ones that were refused before. */
  refused(child: Gate, wide: boolean, { sentAt, now, asked }: Refused): { wide: boolean; before: Gate[] } {
    if (now - this.#at > MEMORY_MS) for (const gate of this.#suspects) this.#refused.delete(gate);
    if (child !== this.#last) [this.#again, this.#chance] = [0, 1];
    else if (sentAt > this.#at) {
      this.#again++;
      this.#chance *= (this.#own + 1) / (this.#own + this.#others + 2);
    }
    const before = this.#suspects;
    this.#note(child, true);
    const end = now + (asked ?? UNTOLD_WAIT_MS);
    const isByOthers = child.sentSince <= 1 && sentAt > child.refusedUntil;
    if (this.#tellsCommonEnd(child, now, end) || isByOthers) this.#byOthersAt = now;
    child.sentSince = 0;
    child.refusedUntil = Math.max(child.refusedUntil, end);
    const judged = this.#judge(wide, now - this.#byOthersAt <= MEMORY_MS);
    [this.#last, this.#at] = [child, now];
    this.#own = this.#others = 0;
    return { wide: judged, before };
  }

  /** Notes when the wait of a refusal ends. Returns whether refusals of several gates in a row have told that instant, and most are refused. */
  #tellsCommonEnd(child: Gate, now: number, end: number): boolean {
    const isSame = end - now >= LONG_WAIT_MS && Math.abs(end - this.#end) <= SECOND_MS;
    this.#end = end;
    this.#told = isSame ? this.#told + (child === this.#last ? 0 : 1) : 0;
    const [refused, accepted] = [this.#refused.size, this.#accepted.size];
    if (this.#told === 0 || refused < REFUSED_PER_ACCEPTED * accepted) return false;
    return this.#told >= Math.min(TOLD_IN_A_ROW, refused + accepted - 1);
  }

  #judge(wide: boolean, isByOthers: boolean): boolean {
    if (!wide) return isByOthers && this.#suspects.length > Math.max(1, this.#accepted.size);
    const isAlone = this.#own + this.#others === 0 && this.#again >= REFUSALS_IN_A_ROW;
    if (isAlone || this.#chance < LEAST_PROBABILITY) return false;
    if (this.#again < this.#needed || this.#suspects.length !== 1 || this.#accepted.size === 0) return true;
    this.#needed *= 2;
    this.#refused.clear();
    return false;
  }

  /** The refused gates that may be so because of a limit in common. */
  get #suspects(): Gate[] {
    return [...this.#refused].filter(([, count]) => this.#count - count < ACCEPTED_OTHERS).map(([gate]) => gate);
  }

  /** Of many gates those that were answered last are remembered. */
  #note(child: Gate, isRefused: boolean): void {
    const [from, to] = isRefused ? [this.#accepted, this.#refused] : [this.#refused, this.#accepted];
    const count = to.get(child) ?? this.#count;
    from.delete(child);
    to.delete(child);
    to.set(child, count);
    if (to.size > GATES_REMEMBERED) to.delete(to.keys().next().value!);
  }
}
