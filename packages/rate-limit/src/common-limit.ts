import type { Gate } from './gate.ts';
import type { Quota } from './model/answer.ts';

/** Two refusals that are further apart than this are unrelated, in milliseconds. So are two for different used-up quotas. */
const MEMORY_MS = 60_000;
/** The largest number of refused gates that are remembered, and of accepted ones. */
const MAX_GATES_REMEMBERED = 100;
/**
 * A wide gate narrows once one gate was refused again this many times in a row. If no other answer came in between, only that gate is called,
 * and its refusals say nothing about the others. If others were accepted in between, probably only that gate is limited.
 */
const MIN_REFUSALS_IN_A_ROW = 2;
/** A common limit would refuse other gates too. It is ruled out when refusals of one gate alone would be less probable than this. */
const MIN_PROBABILITY = 0.02;
/** A gate that was only refused while this many other requests were accepted is not suspect: its limit is its own. */
const MAX_OTHERS_ACCEPTED = 20;
/** If the server asks for no wait, a limit of the gate's own counts as used up for this long, in milliseconds. */
const DEFAULT_WAIT_MS = 1_000;
/** Shorter waits are not compared: in whole seconds, two of them often end together by chance. In milliseconds. */
const MIN_COMPARED_WAIT_MS = 5_000;
/** Two waits end together if their ends differ by no more than this, in milliseconds. */
const SAME_END_MS = 1_000;
/** This many refusals that repeat the end of the wait before prove a common window, each by another gate. With two gates one is enough. */
const MIN_REPEATED_ENDS = 2;
/** Repeated ends count only if at least this many gates are refused for each accepted one: separate windows may end together too. */
const MIN_REFUSED_PER_ACCEPTED = 3;

/** A refused request. */
export interface Refused {
  readonly sentAt: number;
  readonly now: number;
  /** How long the server asked to wait, in milliseconds, if it did. */
  readonly asked: number | undefined;
  /** The used-up quota, if the server reported it. */
  readonly spent: Quota | undefined;
}

/**
 * Decides whether the gates below a parent share one limit. It assumes so if both of these are true:
 *
 * - At least two gates were refused at their last answer, and more than were accepted. One alone may have a limit of its own.
 * - In the last minute there was evidence of a shared limit. Either a gate was refused at its first request, or at the first one after
 *   a wait, when a limit of its own would have had room. Or several gates in turn were asked to wait until the same instant, while three
 *   quarters of the gates are refused.
 *
 * It assumes the opposite if one gate is refused repeatedly while others are accepted, or if the server reports quotas with the same
 * name and different limits.
 */
export class CommonLimit {
  /** The gate that was refused last, and when. */
  #lastRefused: Gate | undefined;
  #lastRefusedAt = 0;
  #lastSpent: Quota | undefined;
  /** When there was last evidence of a shared limit. */
  #evidenceAt = -Infinity;
  /** When the wait of the last refusal ends, and how many refusals in a row repeated that end, each by another gate than the one before. */
  #waitEndsAt = -Infinity;
  #repeatedEnds = 0;
  /** How many requests were accepted since the last refusal: by the gate that was refused, and by the others. */
  #ownAccepted = 0;
  #othersAccepted = 0;
  /** How many times in a row the same gate was refused again, and how probable that is under a shared limit. */
  #repeats = 0;
  #probability = 1;
  /**
   * After this many repeats, while others are accepted, the parent narrows to find out whether the limit is shared. The number doubles
   * each time.
   */
  #repeatsToNarrow = MIN_REFUSALS_IN_A_ROW;
  /** The gates that were refused at their last answer, and the others; each with `#acceptedTotal` when it changed to that state. */
  readonly #refused = new Map<Gate, number>();
  readonly #accepted = new Map<Gate, number>();
  #acceptedTotal = 0;
  #lastQuota: Quota | undefined;
  #lastQuotaOf: Gate | undefined;
  /** When quotas of two gates last had one name and different limits. It counts for a minute, since a shared limit may change. */
  #differedAt = -Infinity;

  /** Counts an accepted request. Returns whether quotas of one name had different limits in the last minute: then the gates stay apart. */
  accepted(child: Gate, quota: Quota | undefined, now: number): boolean {
    if (child === this.#lastRefused) this.#ownAccepted++;
    else this.#othersAccepted++;
    this.#acceptedTotal++;
    this.#remember(child, false);
    if (quota) {
      const { name, limit } = this.#lastQuota ?? quota;
      const isOther = child !== this.#lastQuotaOf && quota.name === name;
      if (isOther && differ(quota.limit, limit)) this.#differedAt = now;
      [this.#lastQuota, this.#lastQuotaOf] = [quota, child];
    }
    return isRemembered(this.#differedAt, now);
  }

  /** Counts a refusal. Returns whether the parent should be wide, and which gates were suspect before. */
  refused(child: Gate, wide: boolean, { sentAt, now, asked, spent }: Refused): { wide: boolean; before: Gate[] } {
    const last = this.#lastSpent;
    const isOther = differ(spent?.name, last?.name) || differ(spent?.limit, last?.limit);
    if (isOther || !isRemembered(this.#lastRefusedAt, now))
      for (const gate of this.#suspects) this.#refused.delete(gate);
    if (child !== this.#lastRefused) [this.#repeats, this.#probability] = [0, 1];
    else if (sentAt > this.#lastRefusedAt) {
      this.#repeats++;
      this.#probability *= (this.#ownAccepted + 1) / (this.#ownAccepted + this.#othersAccepted + 2);
    }
    const before = this.#suspects;
    this.#remember(child, true);
    const end = now + (asked ?? DEFAULT_WAIT_MS);
    const isUnused = child.sentSince <= 1 && sentAt > child.refusedUntil;
    if (this.#repeatsEnd(child, now, end) || isUnused) this.#evidenceAt = now;
    child.sentSince = 0;
    child.refusedUntil = Math.max(child.refusedUntil, end);
    const isCommon = !isRemembered(this.#differedAt, now) && this.#isCommon(wide, isRemembered(this.#evidenceAt, now));
    [this.#lastRefused, this.#lastRefusedAt, this.#lastSpent] = [child, now, spent];
    this.#ownAccepted = this.#othersAccepted = 0;
    return { wide: isCommon, before };
  }

  /** Notes when the wait of a refusal ends. Returns whether enough gates in turn repeated that end, while three quarters are refused. */
  #repeatsEnd(child: Gate, now: number, end: number): boolean {
    const isSame = end - now >= MIN_COMPARED_WAIT_MS && Math.abs(end - this.#waitEndsAt) <= SAME_END_MS;
    this.#waitEndsAt = end;
    this.#repeatedEnds = isSame ? this.#repeatedEnds + (child === this.#lastRefused ? 0 : 1) : 0;
    const [refused, accepted] = [this.#refused.size, this.#accepted.size];
    if (this.#repeatedEnds === 0 || refused < MIN_REFUSED_PER_ACCEPTED * accepted) return false;
    return this.#repeatedEnds >= Math.min(MIN_REPEATED_ENDS, refused + accepted - 1);
  }

  #isCommon(wide: boolean, hasEvidence: boolean): boolean {
    if (!wide) return hasEvidence && this.#suspects.length > Math.max(1, this.#accepted.size);
    const isOnlyOneCalled = this.#ownAccepted + this.#othersAccepted === 0 && this.#repeats >= MIN_REFUSALS_IN_A_ROW;
    if (isOnlyOneCalled || this.#probability < MIN_PROBABILITY) return false;
    if (this.#repeats < this.#repeatsToNarrow || this.#suspects.length !== 1 || this.#accepted.size === 0) return true;
    this.#repeatsToNarrow *= 2;
    this.#refused.clear();
    return false;
  }

  /** The refused gates that may have been refused by a shared limit. */
  get #suspects(): Gate[] {
    return [...this.#refused]
      .filter(([, then]) => this.#acceptedTotal - then < MAX_OTHERS_ACCEPTED)
      .map(([gate]) => gate);
  }

  /** Stores the last answer of a gate. Forgets the gate that was answered least recently if there are too many. */
  #remember(child: Gate, isRefused: boolean): void {
    const [from, to] = isRefused ? [this.#accepted, this.#refused] : [this.#refused, this.#accepted];
    const acceptedThen = to.get(child) ?? this.#acceptedTotal;
    from.delete(child);
    to.delete(child);
    to.set(child, acceptedThen);
    if (to.size > MAX_GATES_REMEMBERED) to.delete(to.keys().next().value!);
  }
}

const isRemembered = (at: number, now: number): boolean => now - at <= MEMORY_MS;

const differ = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined && a !== b;
