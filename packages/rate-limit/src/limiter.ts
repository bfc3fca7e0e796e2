import {
  type AttemptRecord,
  type Call,
  discard,
  monotonic,
  type Next,
  onAbort,
  type Random,
  throwIfAborted,
} from '@steadfetch/core';
import { cancellable, checkNumber, idempotencyKeyOf, keepBody, releaseBody, Turns } from '@steadfetch/core/kit';
import { kinds } from './always-refused.ts';
import type { Gate, Permit } from './gate.ts';
import { type GateSnapshot, Gates } from './gates.ts';
import { type Answer, Pacer } from './model/model.ts';
import { namesOf } from './names.ts';
import type { Settings } from './options.ts';
import { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
import { lastAnswerOf, mayRefuse, type Reading, type Refusal, readResponse, withoutSecrets } from './read-response.ts';
import { Report } from './report.ts';
import { type Effect, settle, settleOne } from './scope.ts';
import { repeatsOf, stopReason } from './stop-reason.ts';
import { Ticket } from './ticket.ts';

/** A gate that was closed for exactly as long as a call may be held still lets it out. */
const GRACE = 100;
/** Without a wait of the server a refused call waits for so long, doubled each time, in milliseconds. */
const OWN_WAIT = { first: 100, longest: 3_000 };
/** A request that left the machine later than this after it passed the gate is counted when it left. */
const LATE = 2;

/** Sends calls when their gates let them, again and again while they are refused and may be sent again. */
export class Limiter {
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #random: Random;
  readonly #gates: Gates;
  readonly #report: Report;
  readonly #turns: Turns;
  readonly #kindOf: (call: Call) => number = kinds();
  #tickets = 0;

  constructor(settings: Settings) {
    const { clock, random, limit, proof, store } = settings;
    const now = monotonic(clock);
    const model = { random: sane(random), proof, ...(limit && { limit }) };
    this.#settings = settings;
    this.#now = now;
    this.#random = model.random;
    this.#report = new Report(settings, now);
    this.#turns = new Turns(clock, now);
    const local = (pace?: number) => new Pacer({ ...model, ...(pace && { start: { at: now(), pace } }) });
    this.#gates = new Gates(namesOf(settings), {
      clock,
      now,
      turns: this.#turns,
      limit,
      proof,
      createPacer: (key, wake) => (store ? store.pacer({ key, clock, now, wake, local }) : new Pacer(model)),
      onOpen: (gate) => this.#report.opened(gate),
      tooLong: ({ call }, gate, wait) => this.#error('rate-limited', gate, wait, call),
    });
  }

  async fetch(call: Call, next: Next): Promise<Response> {
    let gate: Gate | undefined;
    try {
      throwIfAborted(call.signal);
      gate = this.#gates.take(call);
      const ticket = this.#ticket(call, gate);
      for (;;) {
        const permit = gate.effective.enter(ticket, this.#now()) ?? (await this.#wait(ticket));
        let response: Response;
        try {
          const answer = next(this.#send(ticket, permit));
          ticket.isHeld = true;
          response = await answer;
        } catch (error) {
          this.#failed(ticket, permit);
          throw error;
        }
        if (mayRefuse(response, this.#settings)) await this.#turns.enter();
        if (!this.#answered(ticket, permit, response)) return response;
        discard(response);
      }
    } finally {
      releaseBody(call);
      if (gate) this.#gates.release(gate);
    }
  }

  snapshot(): GateSnapshot[] {
    return this.#gates.snapshot(this.#now());
  }

  reset(key?: string): void {
    this.#gates.reset(key);
  }

  #ticket(call: Call, gate: Gate): Ticket {
    const { cost, maxWait, maxResends } = this.#settings;
    const { record } = call;
    if (record.maxRepeats < maxResends) record.maxRepeats = maxResends;
    return new Ticket(call, gate, this.#tickets++, cost ? checkCost(cost(call)) : 1, maxWait);
  }

  /** Waits for leave to send. Fails when too many wait, or as soon as the wait is known to be too long. */
  #wait(ticket: Ticket): Promise<Permit> {
    const { call } = ticket;
    const gate = ticket.gate.effective;
    const now = this.#now();
    ticket.since = now;
    ticket.deadline = now + Math.min(ticket.left + GRACE, call.remaining());
    gate.advance(now);
    const wait = gate.leastWait(now);
    const isFull = gate.waiting >= this.#settings.maxQueue && ticket.notBefore === 0;
    if (isFull || now + wait > ticket.deadline) {
      return this.#turns.refuse(this.#error(isFull ? 'queue-full' : 'rate-limited', gate, wait, call));
    }
    const own = call.observed && cancellable(call.signal);
    if (own) this.#report.waits(ticket, gate, own.cancel);
    call.record.waitingFor = 'its turn in rateLimit()';
    return new Promise((resolve, reject) => {
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
        const turn = this.#turns.enter();
        if (turn) void turn.then(() => ticket.refuse(reason));
        else ticket.refuse(reason);
      });
    });
  }

  /** The call to hand on. The request is counted when it leaves the machine. */
  #send(ticket: Ticket, permit: Permit): Call {
    const { call, gate } = ticket;
    const { record } = call;
    ticket.isSent = ticket.isHeld = false;
    ticket.sends = record.sends;
    ticket.onSend = record.onSend;
    ticket.sample = gate.alwaysRefused?.sent(this.#kindOf(call), this.#now());
    record.onSend = () => {
      ticket.onSend?.();
      if (!ticket.isSent) this.#sent(ticket, permit);
    };
    return repeatsOf(call) < this.#settings.maxResends ? keepBody(call) : call;
  }

  #sent(ticket: Ticket, permit: Permit): void {
    ticket.isSent = true;
    permit.gate.sent();
    if (!ticket.isHeld) return;
    const now = this.#now();
    if (now - permit.sent.at <= LATE) return;
    for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
      settleOne(counted, now, { kind: 'failed', cost: 0 });
      counted.sent = counted.pacer.send(now, ticket.cost);
    }
  }

  /** There is no answer. What was not sent costs nothing. */
  #failed(ticket: Ticket, permit: Permit): void {
    settle(permit, ticket.gate, this.#now(), ticket.isSent ? { kind: 'failed' } : { kind: 'failed', cost: 0 });
    this.#returned(ticket, permit);
  }

  /** Its request is over; what leaves the machine for it later is not counted here. */
  #returned(ticket: Ticket, permit: Permit): void {
    if (!ticket.isSent) permit.gate.sent();
    ticket.isSent = true;
    ticket.call.record.onSend = ticket.onSend;
    permit.gate.returned(permit);
  }

  /** Learns from an answer. Returns whether the call is to be sent again. */
  #answered(ticket: Ticket, permit: Permit, response: Response): boolean {
    const { call } = ticket;
    const now = this.#now();
    const reading = readResponse(response, call, permit.gate.countRead(), this.#settings);
    const { refusal } = reading;
    const answer = this.#credible(ticket, reading, response, now);
    const effect = settle(permit, ticket.gate, now, answer, refusal?.policy);
    this.#returned(ticket, permit);
    return refusal !== undefined && this.#refused(ticket, response, refusal, effect, now);
  }

  /** The answer, if it says something about a limit that others have too. */
  #credible({ gate, sample }: Ticket, { answer, refusal }: Reading, response: Response, now: number): Answer {
    const { costOf } = this.#settings;
    const { kind } = answer;
    const isLimit = gate.effective.countAnswer(answer, refusal?.isDoubtful === true, now);
    if (sample && kind === 'accepted') gate.alwaysRefused!.accepted(sample);
    const isAlone = sample && kind === 'refused' && gate.alwaysRefused!.refused(sample, now);
    if (!isLimit || isAlone) return { kind: 'failed' };
    const cost = costOf && kind !== 'failed' ? costIn(costOf, response) : undefined;
    return cost === undefined ? answer : { ...answer, cost };
  }

  /** Makes a refused call ready to be sent again, if it may. Returns whether it may. */
  #refused(ticket: Ticket, response: Response, refusal: Refusal, effect: Effect, now: number): boolean {
    const { call } = ticket;
    const { gate } = effect;
    const { asked, source } = refusal;
    gate.advance(now);
    const lastAnswer = lastAnswerOf(response, asked);
    const hasClosed = gate.refused(lastAnswer, now, effect.closed ? now + (asked ?? 0) : undefined);
    if (hasClosed) this.#report.closed(call, gate, refusal);
    const delay = this.#delayOf(call, asked, effect);
    // The gate may be closed for longer than the call can wait: then its caller gets the refusal, and not an error of ours.
    const closed = gate.certainPart(now, gate.untilNext(now)) - GRACE;
    const reason = stopReason(ticket, response, Math.max(asked ?? delay, delay - 1, closed), this.#settings);
    if (reason !== undefined) {
      this.#report.returned(call, gate, refusal, reason);
      return false;
    }
    const { record } = call;
    const idempotencyKey = idempotencyKeyOf(call);
    const attempt = repeatsOf(call) + 1;
    record.lastAnswer = lastAnswer;
    record.resends++;
    const entry: AttemptRecord = {
      attempt,
      at: this.#settings.clock.now(),
      status: refusal.status,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      delay,
      delaySource: source ?? 'rate-limit',
    };
    if (record.history) record.history.push(entry);
    else record.history = [entry];
    ticket.notBefore = now + delay;
    return true;
  }

  /** How long a refused call waits at least: as long as the server asked, and a little in any case. */
  #delayOf({ record }: Call, asked: number | undefined, { closed, retryIn = 0 }: Effect): number {
    const { first, longest } = OWN_WAIT;
    const own = Math.min(longest, first * 2 ** Math.min(record.resends, 10)) * (1 + 0.2 * this.#random());
    return Math.max(asked === undefined ? 0 : asked + 1, retryIn, closed || (asked ?? 0) > 0 ? 0 : own);
  }

  #error(reason: RateLimitReason, gate: Gate, retryAfter: number, call: Call): RateLimitError {
    this.#report.refused(call, gate, reason, retryAfter);
    const lastAnswer = call.record.lastAnswer ?? (gate.lastAnswer && withoutSecrets(gate.lastAnswer));
    return new RateLimitError(reason, { key: gate.key, retryAfter, lastAnswer });
  }
}

/** What chance gives: nonsense must not shorten a wait. */
function sane(random: Random): Random {
  return () => {
    const drawn = random();
    return drawn >= 0 && drawn < 1 ? drawn : 0.999;
  };
}

function checkCost(cost: unknown): number {
  return checkNumber('rateLimit: cost', cost, { max: Number.MAX_SAFE_INTEGER });
}

/** What `costOf` says; one that fails must not cost the caller a good answer. */
function costIn(costOf: (response: Response) => number | undefined, response: Response): number | undefined {
  try {
    const cost = costOf(response);
    return cost !== undefined && cost >= 0 && cost < Infinity ? cost : undefined;
  } catch {
    return undefined;
  }
}
