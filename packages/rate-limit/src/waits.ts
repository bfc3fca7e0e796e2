import { type Call, onAbort } from '@steadfetch/core';
import { cancellable, settledByOthers, sleep, type Turns } from '@steadfetch/core/kit';
import type { Gate, Permit } from './gate.ts';
import type { Settings } from './options.ts';
import { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
import { withoutSecrets } from './read-response.ts';
import type { Report } from './report.ts';
import type { Ticket } from './ticket.ts';

/** A call may wait this much longer than `maxWait`, so that it still passes a gate that was closed for exactly `maxWait`. In milliseconds. */
export const GRACE_MS = 100;
/** The longest time before a local refusal ends its call, in milliseconds. */
const MAX_REFUSAL_DELAY_MS = 1_000;
/** Shown in the error of a timeout: what the call was waiting for. */
const TURN = 'its turn in rateLimit()';

/** Makes calls wait for their permits, and refuses those that would wait too long. */
export class Waits {
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #turns: Turns;
  readonly #report: Report;

  constructor(settings: Settings, now: () => number, turns: Turns, report: Report) {
    this.#settings = settings;
    this.#now = now;
    this.#turns = turns;
    this.#report = report;
  }

  /**
   * Waits for a permit. Rejects if the queue is full, or if the wait is known to be too long at once. Resolves to `undefined` if it
   * becomes too long later: then `endTooLong` ends the call. Not `async`: a frame would hold 0.4 kB per waiting call.
   */
  permitFor(ticket: Ticket): Promise<Permit | undefined> {
    const { call } = ticket;
    const gate = ticket.gate.effective;
    const now = this.#now();
    ticket.since = now;
    const time = call.remaining();
    ticket.deadline = now + Math.min(ticket.waitLeft + GRACE_MS, time);
    ticket.endsAt = now + time;
    gate.advance(now);
    const wait = gate.leastWait(now);
    const isFull = gate.waiting >= this.#settings.maxQueue && ticket.notBefore === -Infinity;
    if (isFull || now + wait > ticket.deadline)
      return this.#refuse(isFull ? 'queue-full' : 'rate-limited', gate, wait, ticket);
    return this.#inQueue(ticket, gate);
  }

  /** Waits in the queue of a gate. The caller, or an observer, may cancel the wait. */
  #inQueue(ticket: Ticket, gate: Gate): Promise<Permit | undefined> {
    const { call } = ticket;
    const own = call.observed && cancellable(call.signal);
    if (own) this.#report.waits(ticket, gate, own.cancel);
    call.record.waitingFor = TURN;
    const begin = (resolve: Ticket['resolve'], reject: (reason: unknown) => void) => {
      ticket.resolve = resolve;
      ticket.reject = reject;
      gate.queue(ticket);
      // an observer may have cancelled the wait already
      let release: (() => void) | undefined;
      ticket.release = () => {
        release?.();
        own?.release();
      };
      release = onAbort(own?.signal ?? call.signal, (reason) => {
        ticket.queue?.remove(ticket);
        ticket.gate.noteEnd(ticket, this.#now());
        const turn = this.#turns.enter();
        if (turn) void turn.then(() => ticket.refuse(reason));
        else ticket.refuse(reason);
      });
    };
    return settledByOthers(begin, () => ticket.queue?.wakeOverdue());
  }

  /**
   * Refuses a call without sending it. With a full queue it does so at once. A call that would wait too long ends only when its
   * answer would have come. Otherwise a job would lose one item after another faster than it could send them. Before the first
   * answer it ends after a second, or half of its time. If the gate has opened by then, the call waits in the queue after all.
   */
  async #refuse(reason: RateLimitReason, gate: Gate, wait: number, ticket: Ticket): Promise<Permit | undefined> {
    const { call } = ticket;
    const time = call.remaining();
    const usual = Math.min(gate.learned.answerTime.ms ?? Infinity, MAX_REFUSAL_DELAY_MS);
    const delay = reason === 'queue-full' ? 0 : usual < time ? usual : time / 2;
    if (delay > 0) {
      await sleep(delay, call.signal, this.#settings.clock);
      const now = this.#now();
      const { effective } = ticket.gate;
      effective.advance(now);
      ticket.waitLeft -= now - ticket.since;
      if (effective.learned.hasReleased && !ticket.isLost && now + effective.leastWait(now) <= ticket.deadline)
        return effective.enter(ticket, now) ?? this.permitFor(ticket);
    }
    return this.#turns.refuse(() => this.#error(reason, gate, Math.max(0, wait - delay), call), call.signal);
  }

  /**
   * Ends a call whose wait would be too long. The error is made here, in the call's own async context: the queue runs in that of
   * another call. If the call's deadline has passed, its `timeout` fires within a millisecond, and its error is the better one.
   */
  async endTooLong({ call, endsAt, tooLong }: Ticket): Promise<never> {
    if (endsAt <= this.#now()) {
      call.record.waitingFor = TURN;
      await sleep(1, call.signal, this.#settings.clock).finally(() => {
        call.record.waitingFor = undefined;
      });
    }
    throw this.#error('rate-limited', tooLong!.gate, tooLong!.wait, call);
  }

  /** Reports a local refusal, and returns its error. */
  #error(reason: RateLimitReason, gate: Gate, retryAfter: number, call: Call): RateLimitError {
    this.#report.refused(call, gate, reason, retryAfter);
    const { lastAnswer: known } = gate.learned;
    const lastAnswer = call.record.lastAnswer ?? (known && withoutSecrets(known));
    return new RateLimitError(reason, { key: gate.key, retryAfter, lastAnswer });
  }
}
