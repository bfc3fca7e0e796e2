import {
  type Call,
  discard,
  type LastAnswer,
  monotonic,
  type Next,
  onAbort,
  type Random,
  throwIfAborted,
} from '@steadfetch/core';
import {
  addAttempt,
  cancellable,
  checkNumber,
  idempotencyKeyOf,
  ignoreRejection,
  keepBody,
  releaseBody,
  Turns,
} from '@steadfetch/core/kit';
import { kinds } from './always-refused.ts';
import type { StopReason } from './events.ts';
import type { Gate, Permit } from './gate.ts';
import { type GateSnapshot, Gates } from './gates.ts';
import { usableCost } from './model/answer.ts';
import { type Answer, Pacer } from './model/model.ts';
import type { Settings } from './options.ts';
import { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
import { lastAnswerOf, mayRefuse, type Reading, type Refusal, readResponse, withoutSecrets } from './read-response.ts';
import { Report } from './report.ts';
import { namesOf } from './scope.ts';
import { type Effect, settle, settleOne } from './settle.ts';
import { repeatsOf, stopReason } from './stop-reason.ts';
import { Ticket } from './ticket.ts';

/** A call waits for so much longer than it may be held, so that a gate that is closed for exactly that long still lets it out. */
const GRACE_MS = 100;
/** How long a refused call waits where the server sets no time, in milliseconds: doubled with each refusal, up to the longest. */
const OWN_WAIT = { firstMs: 100, longestMs: 3_000 };
/** A request that leaves the machine later than this after it passed the gate is counted when it leaves, in milliseconds. */
const LATE_MS = 2;

/** A call that was refused, and what follows from it. */
interface RefusedCall {
  /** The gate that the refusal is about. */
  readonly gate: Gate;
  readonly refusal: Refusal;
  readonly lastAnswer: LastAnswer;
  /** When the refusal came. */
  readonly now: number;
  /** The call waits for so many milliseconds at least before it is sent again. */
  readonly delay: number;
}

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
    const { clock, random, limit, maxKeys, proof, store } = settings;
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
      maxKeys,
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
          const answer = next(this.#callToSend(ticket, permit));
          // What has not left the machine by now waits in a layer inside.
          ticket.isQueuedInside = true;
          response = await answer;
        } catch (error) {
          this.#failed(ticket, permit);
          throw error;
        }
        if (mayRefuse(response, this.#settings)) await this.#turns.enter();
        const refused = this.#learn(ticket, permit, response);
        if (!refused) return response;
        const reason = this.#stopReason(ticket, response, refused);
        if (reason !== undefined) {
          this.#report.returned(call, refused.gate, refused.refusal, reason);
          return response;
        }
        this.#prepareResend(ticket, refused);
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
    ticket.deadline = now + Math.min(ticket.left + GRACE_MS, call.remaining());
    gate.advance(now);
    const wait = gate.leastWait(now);
    const isFull = gate.waiting >= this.#settings.maxQueue && ticket.notBefore === 0;
    if (isFull || now + wait > ticket.deadline) {
      return this.#turns.refuse(this.#error(isFull ? 'queue-full' : 'rate-limited', gate, wait, call), call.signal);
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
  #callToSend(ticket: Ticket, permit: Permit): Call {
    const { call, gate } = ticket;
    const { record } = call;
    ticket.isSent = ticket.isQueuedInside = false;
    ticket.sends = record.sends;
    ticket.onSend = record.onSend;
    ticket.sample = gate.alwaysRefused?.sent(this.#kindOf(call), this.#now());
    record.onSend = () => {
      ticket.onSend?.();
      if (!ticket.isSent) this.#countSent(ticket, permit);
    };
    return repeatsOf(call) < this.#settings.maxResends ? keepBody(call) : call;
  }

  /** Its request leaves the machine. One that waited in a layer inside counts from now on, and not from when it passed. */
  #countSent(ticket: Ticket, permit: Permit): void {
    ticket.isSent = true;
    permit.gate.leftMachine();
    if (!ticket.isQueuedInside) return;
    const now = this.#now();
    if (now - permit.sent.at <= LATE_MS) return;
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
    if (!ticket.isSent) permit.gate.leftMachine();
    ticket.isSent = true;
    ticket.call.record.onSend = ticket.onSend;
    permit.gate.returned(permit);
  }

  /** Learns from a response. Returns what it refused, if it did. */
  #learn(ticket: Ticket, permit: Permit, response: Response): RefusedCall | undefined {
    const { call, gate } = ticket;
    const now = this.#now();
    permit.gate.noteResponse();
    const reading = readResponse(response, call, permit.gate.looksForQuotas, this.#settings);
    const { refusal } = reading;
    const answer = this.#credible(ticket, reading, response, now);
    const effect = settle(permit, gate, now, answer, refusal?.policy);
    this.#returned(ticket, permit);
    return refusal && this.#noteRefusal(call, response, refusal, effect, now);
  }

  #noteRefusal(call: Call, response: Response, refusal: Refusal, effect: Effect, now: number): RefusedCall {
    const { gate, closed } = effect;
    const { asked } = refusal;
    const lastAnswer = lastAnswerOf(response, asked);
    const hasClosed = closed && gate.isOpen;
    gate.advance(now);
    gate.noteRefusal(lastAnswer, now, closed ? now + (asked ?? 0) : undefined);
    if (hasClosed) this.#report.closed(call, gate, refusal);
    return { gate, refusal, lastAnswer, now, delay: this.#delayOf(call, asked, effect) };
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

  /** Why a refused call is not sent again; `undefined` if it is. */
  #stopReason(ticket: Ticket, response: Response, { gate, refusal, now, delay }: RefusedCall): StopReason | undefined {
    // The gate may be closed for longer than the call can wait: then its caller gets the refusal, and not an error of ours.
    const closed = gate.certainPart(now, gate.untilNext(now)) - GRACE_MS;
    const wait = Math.max(refusal.asked ?? delay, delay - 1, closed);
    return stopReason(ticket, response, wait, this.#settings);
  }

  /** Records the refused request, and makes its call ready to be sent again. */
  #prepareResend(ticket: Ticket, { refusal, lastAnswer, now, delay }: RefusedCall): void {
    const { call } = ticket;
    const { record } = call;
    const idempotencyKey = idempotencyKeyOf(call);
    const attempt = repeatsOf(call) + 1;
    record.lastAnswer = lastAnswer;
    record.resends++;
    addAttempt(record, {
      attempt,
      at: this.#settings.clock.now(),
      status: refusal.status,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      delay,
      delaySource: refusal.source ?? 'rate-limit',
    });
    ticket.notBefore = now + delay;
  }

  /** How long a refused call waits at least: as long as the server asked, and a little in any case. */
  #delayOf({ record }: Call, asked: number | undefined, { closed, retryIn = 0 }: Effect): number {
    const { firstMs, longestMs } = OWN_WAIT;
    const own = Math.min(longestMs, firstMs * 2 ** Math.min(record.resends, 10)) * (1 + 0.2 * this.#random());
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
    ignoreRejection(cost);
    return usableCost(cost, undefined);
  } catch {
    return undefined;
  }
}
