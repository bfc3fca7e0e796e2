import type { Line, PacerParts, Pacing, Sending } from '@steadfetch/rate-limit';
import type { Place } from './place.ts';
import { type Asked, type Asker, Questions } from './questions.ts';
import { type Slot, Slots } from './slots.ts';
import type { Reply } from './state.ts';
import { LONGEST_WAIT } from './usable.ts';

type Answer = Parameters<Pacing['settle']>[2];
type Settled = ReturnType<Pacing['settle']>;
type Snapshot = ReturnType<Pacing['snapshot']>;

/** The share of a process is known once it used the place for this long, ms. */
const SHARE_KNOWN_MS = 3_000;
/** The delay while the process has no slot, ms: the answer of the place ends it earlier. */
const NO_SLOT_MS = 1_000;
/** The delay after the place had no slot that was early enough, ms: by then it may have one. */
const LOOK_AGAIN_MS = 250;

/** A request that is on its way: the pacer that let it go, and its slot. */
interface Taken extends Sending {
  readonly by: Pacing;
  readonly sent: Sending;
  readonly slot: Slot | undefined;
}

/**
 * Sends calls at the slots that a place reserves. While the place fails, a pacer of this process alone decides: it starts with the share of the
 * limit that the process had. What it sends is reported once the place answers again.
 */
export class StoredPacer implements Pacing, Asker {
  readonly #place: Place;
  readonly #parts: PacerParts;
  readonly #questions: Questions;
  readonly #slots: Slots = new Slots();
  /** Learns from the calls that were sent at slots. It decides which refusals are about the pace, and closes the limit at once. */
  readonly #atSlots: Pacing;
  /** Decides while this process goes on without the place. */
  #alone: Pacing | undefined;
  /** The pacer that decided since the place last failed, with what it has learned. */
  #learned: Pacing | undefined;
  #closedUntil = -Infinity;

  constructor(place: Place, parts: PacerParts) {
    this.#place = place;
    this.#parts = parts;
    this.#atSlots = parts.local();
    this.#questions = new Questions(place, parts, this);
  }

  advance(now: number): void {
    if (this.#questions.comeBack(now)) this.#slots.forget();
    this.#atSlots.advance(now);
    this.#alone?.advance(now);
    this.#slots.advance(now);
  }

  /** Asks the place for slots if calls wait and there is none. */
  announce(now: number, line: Line): void {
    this.#reserve(now, line);
    this.#alone?.announce(now, line);
    if (this.#questions.isAlone) return;
    if (this.#slots.first && this.#slots.first.at > now) this.#slots.hasWaited = true;
    this.#slots.isWaitedFor = this.delay(now) > 0;
  }

  delay(now: number, cost = 1): number {
    // without the place, the pacer of this process may send samples while the limit is closed
    if (this.#questions.isAlone) return Math.max(this.#groupOpensIn(now), this.#alone!.delay(now, cost));
    const closed = this.#opensIn(now);
    const slot = this.#slots.first;
    const later = this.#hasNoSlot(now) ? LOOK_AGAIN_MS : NO_SLOT_MS;
    return Math.max(closed, slot && !this.#slots.isStale(now) ? slot.at - now : later);
  }

  send(now: number, cost?: number): Taken {
    const by = this.#questions.isAlone ? this.#alone! : this.#atSlots;
    const sent = by.send(now, cost);
    return { at: sent.at, cost: sent.cost, by, sent, slot: this.#slots.take(now) };
  }

  settle({ by, sent, slot }: Taken, now: number, answer: Answer): Settled {
    const settled = by.settle(sent, now, answer);
    const { kind, cost = sent.cost, quotas = [], wait } = answer;
    if (kind === 'failed') {
      if (slot && cost === 0) this.#slots.giveBack(slot);
      return settled;
    }
    const { reports } = this.#questions;
    if (kind === 'accepted') reports.add(midOf(sent.at, now), cost, slot?.cost ?? 0);
    reports.addQuotas(now, quotas, kind === 'accepted');
    // the place did not pace a call without a slot, so it does not learn of its refusal
    if (kind === 'refused' && slot) {
      const isDoubted = !settled.closed;
      if (!isDoubted) this.#slots.drop();
      const { closedUntil, every } = slot.lease;
      this.#questions.ask(now, 0, {
        at: midOf(sent.at, now),
        closedUntil,
        every: every / Math.max(1, slot.cost),
        wait,
        isDoubted,
      });
    } else this.#questions.askIfDue(now);
    this.#questions.reportSoon();
    return settled;
  }

  snapshot(now: number): Snapshot {
    const { isAlone } = this.#questions;
    const known = isAlone ? this.#alone! : this.#atSlots;
    const opensIn = this.#opensIn(now);
    const seen = { ...known.snapshot(now), opensIn, state: opensIn > 0 ? ('closed' as const) : ('open' as const) };
    const { lease } = this.#slots;
    if (isAlone || !lease) return seen;
    // at a limit that the user set no call goes ahead of its slot
    const remaining = this.#place.known > 0 && this.#hasNoSlot(now) ? 0 : seen.remaining;
    const rate = lease.every > 0 ? 1_000 / lease.every : undefined;
    return { ...seen, remaining, rate, why: 'a store reserves the slots' };
  }

  received(reply: Reply, now: number, { at, question }: Asked): void {
    const offset = now - reply.now;
    this.#closedUntil = reply.closedUntil > 0 ? reply.closedUntil + offset : -Infinity;
    this.#slots.answered(reply, now);
    if (question.want > 0 && !this.#questions.isAlone) this.#slots.add(reply, offset, question.cost, at);
  }

  /** Goes on without the place: with the share that this process had, if it is known, else with what was learned before. */
  goAlone(failedAfter?: number): void {
    const { pace } = this.#slots;
    const isKnown = pace > 0 && (failedAfter ?? Infinity) > SHARE_KNOWN_MS;
    this.#alone = isKnown ? this.#parts.local(pace) : (this.#learned ?? this.#parts.local());
    if (failedAfter !== undefined) this.#learned = this.#alone;
    this.#slots.drop();
    this.#parts.wake();
  }

  #opensIn(now: number): number {
    return Math.max(this.#groupOpensIn(now), this.#alone?.snapshot(now).opensIn ?? 0);
  }

  #groupOpensIn(now: number): number {
    return Math.max(0, this.#atSlots.snapshot(now).opensIn, this.#closedUntil - now);
  }

  #reserve(now: number, { cost, latest }: Line): void {
    const questions = this.#questions;
    if (!questions.isUsed) questions.askIfDue(now);
    else if (latest !== undefined && !questions.isAwaited) {
      questions.firstCall = { cost, within: Math.min(LONGEST_WAIT, Math.max(0, latest - now)) };
      if (this.#slots.first) {
        if (this.#slots.isStale(now)) questions.ask(now, 0, undefined, true);
      } else if (latest >= this.#slots.freeAt) questions.ask(now, this.#slots.want);
    }
  }

  /** Whether the place had no slot for the waiting calls. It is asked again a little after its next free slot. */
  #hasNoSlot(now: number): boolean {
    return !this.#questions.isAwaited && now < this.#slots.freeAt + LOOK_AGAIN_MS;
  }
}

const midOf = (a: number, b: number): number => (a + b) / 2;
