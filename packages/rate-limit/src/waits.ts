import { type Call, onAbort } from '@steadfetch/core';
import { cancellable, settledByOthers, sleep, type Turns } from '@steadfetch/core/kit';
import type { Gate, Permit } from './gate.ts';
import type { Settings } from './options.ts';
import { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
import { withoutSecrets } from './read-response.ts';
import type { Report } from './report.ts';
import type { Ticket } from './ticket.ts';

/** A call waits so many milliseconds longer than `maxWait`, so that a gate that is closed for exactly that long still lets it out. */
export const GRACE_MS = 100;
/** A call that is refused here ends no later than this, in milliseconds. */
const LONGEST_REFUSAL_MS = 1_000;
/** What a call that waits here waits for. */
const TURN = 'its turn in rateLimit()';

/** How calls wait for their permits, and how a wait ends that would be too long. */
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

  /** Waits for a permit. Fails when too many wait, or as soon as the wait is known to be too long. */
  permitFor(ticket: Ticket): Promise<Permit> {
    const { call } = ticket;
    const gate = ticket.gate.effective;
    const now = this.#now();
    ticket.since = now;
    const time = call.remaining();
    ticket.deadline = now + Math.min(ticket.left + GRACE_MS, time);
    ticket.endsAt = now + time;
    gate.advance(now);
    const wait = gate.leastWait(now);
    const isFull = gate.waiting >= this.#settings.maxQueue && ticket.notBefore === 0;
    if (isFull || now + wait > ticket.deadline)
      return this.#refuse(isFull ? 'queue-full' : 'rate-limited', gate, wait, ticket);
    return this.#inQueue(ticket, gate);
  }

  /** Waits in the queue of a gate. The caller, or an observer, may cancel the wait. */
  async #inQueue(ticket: Ticket, gate: Gate): Promise<Permit> {
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
    const permit = await settledByOthers<Permit | undefined>(begin, () => ticket.queue?.wakeIfLate());
    return permit ?? this.#endLate(ticket);
  }

  /**
   * Refuses a call that is not sent. One that would wait for too long ends when an answer would have come: a job that
   * takes its next item as soon as the last one ended must not go through its items faster than by asking. Where no answer
   * was seen yet, as in a process that begins while others have used up the limit, it ends after a second, or half of its time.
   * If another answer has opened the gate by then, it waits for its turn.
   */
  async #refuse(reason: RateLimitReason, gate: Gate, wait: number, ticket: Ticket): Promise<Permit> {
    const { call } = ticket;
    const time = call.remaining();
    const usual = Math.min(gate.learned.answerTime.ms ?? Infinity, LONGEST_REFUSAL_MS);
    const held = reason === 'queue-full' ? 0 : usual < time ? usual : time / 2;
    if (held > 0) {
      await sleep(held, call.signal, this.#settings.clock);
      const now = this.#now();
      const { effective } = ticket.gate;
      effective.advance(now);
      ticket.left -= now - ticket.since;
      if (effective.learned.hasReleased && !ticket.isLost && now + effective.leastWait(now) <= ticket.deadline)
        return effective.enter(ticket, now) ?? this.permitFor(ticket);
    }
    return this.#turns.refuse(() => this.#error(reason, gate, Math.max(0, wait - held), call), call.signal);
  }

  /**
   * Ends a call whose wait would be too long. It does so itself, since what ends its wait belongs to another call, with another async
   * context. Where its time is over, its own timer is due, too, and tells that.
   */
  async #endLate({ call, endsAt, late }: Ticket): Promise<never> {
    if (endsAt < this.#now()) {
      call.record.waitingFor = TURN;
      await sleep(1, call.signal, this.#settings.clock).finally(() => {
        call.record.waitingFor = undefined;
      });
    }
    throw this.#error('rate-limited', late!.gate, late!.wait, call);
  }

  /** The error of a call that is refused here. Reports it. */
  #error(reason: RateLimitReason, gate: Gate, retryAfter: number, call: Call): RateLimitError {
    this.#report.refused(call, gate, reason, retryAfter);
    const { lastAnswer: known } = gate.learned;
    const lastAnswer = call.record.lastAnswer ?? (known && withoutSecrets(known));
    return new RateLimitError(reason, { key: gate.key, retryAfter, lastAnswer });
  }
}
