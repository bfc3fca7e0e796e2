import { type Call, discard, monotonic, type Next, throwIfAborted } from '@steadfetch/core';
import {
  abortable,
  cancelError,
  checkNumber,
  keepBody,
  releaseBody,
  Turns,
  type Watch,
  watchRequests,
} from '@steadfetch/core/kit';
import { kinds } from './always-refused.ts';
import type { Gate, Permit } from './gate.ts';
import { Gates } from './gates.ts';
import { Pacer } from './model/pacer.ts';
import type { Settings } from './options.ts';
import { Outgoing } from './outgoing.ts';
import { lastAnswerOf, mayRefuse, readResponse, withCost } from './read-response.ts';
import { delayOf, prepareResend, type RefusedCall, repeatsOf, stopReason } from './refused-call.ts';
import { Report } from './report.ts';
import { namesOf } from './scope.ts';
import { FAILED, settle, UNSENT } from './settle.ts';
import { Ticket } from './ticket.ts';
import { GRACE_MS, Waits } from './waits.ts';

/** Sends each call when its gate allows it, and sends refused calls again while that is allowed. */
export class Limiter {
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly gates: Gates;
  readonly #report: Report;
  readonly #turns: Turns;
  readonly #waits: Waits;
  readonly #watch: Watch | undefined = watchRequests();
  readonly #kindOf: (call: Call) => number = kinds();
  #tickets = 0;

  constructor(settings: Settings) {
    const { clock, random, limit, proof, store } = settings;
    const now = monotonic(clock);
    const needsProof = proof === 'first';
    const model = { random, needsProof, ...(limit && { limit }) };
    this.#settings = settings;
    this.#now = now;
    this.#report = new Report(settings, now);
    this.#turns = new Turns(clock, now);
    this.#waits = new Waits(settings, now, this.#turns, this.#report);
    const local = (pace?: number) => new Pacer({ ...model, ...(pace && { start: { at: now(), pace } }) });
    this.gates = new Gates(namesOf(settings), {
      ...settings,
      now,
      turns: this.#turns,
      needsProof,
      createPacer: (key, wake) => (store ? store.pacer({ key, clock, now, wake, local }) : local()),
      onOpen: (gate) => this.#report.opened(gate),
    });
  }

  async fetch(call: Call, next: Next): Promise<Response> {
    let gate: Gate | undefined;
    let ticket: Ticket | undefined;
    let end: (() => boolean) | undefined;
    try {
      throwIfAborted(call.signal);
      gate = this.gates.take(call);
      ticket = this.#ticket(call, gate);
      if (this.#watch) end = this.#watchTicket(ticket, this.#watch);
      for (;;) {
        const at = this.#now();
        let permit = gate.effective.enter(ticket, at);
        const hasWaited = !permit;
        const resume = hasWaited ? call.rest?.(Infinity) : undefined;
        permit ??= await this.#waits.permitFor(ticket);
        if (!permit) return await this.#waits.endTooLong(ticket);
        const request = this.#requestOf(ticket, permit);
        let response: Response;
        try {
          if (resume) await abortable(resume(), call.signal); // `concurrency` may have to find a slot first
          if (hasWaited) call.record.waited += this.#now() - at;
          response = await next(repeatsOf(call) < this.#settings.maxResends ? keepBody(call) : call);
          if (mayRefuse(response, this.#settings)) await this.#turns.enter();
        } catch (error) {
          if (!ticket.isLost) this.#endUnanswered(request);
          ticket.gate.noteEnd(ticket, this.#now());
          throw error;
        }
        if (ticket.isLost) return response;
        const refused = this.#learn(request, response);
        if (!refused) return response;
        const reason = stopReason(refused, this.#settings);
        if (reason !== undefined) {
          this.#report.returned(call, refused.gate, refused.refusal, reason);
          return response;
        }
        prepareResend(refused, this.#settings.clock.now());
        discard(response, call);
      }
    } finally {
      releaseBody(call);
      if (gate && end?.() !== false) this.gates.release(gate);
    }
  }

  #ticket(call: Call, gate: Gate): Ticket {
    const { cost, maxWait, maxResends } = this.#settings;
    const { record } = call;
    if (record.maxRepeats < maxResends) record.maxRepeats = maxResends;
    const price = cost ? checkNumber('rateLimit: cost', cost(call), { max: Number.MAX_SAFE_INTEGER }) : 1;
    return new Ticket(call, gate, this.#tickets++, price, maxWait, this.#now());
  }

  #endUnanswered(request: Outgoing): void {
    settle(request.permit, request.ticket.gate, this.#now(), request.isSent ? FAILED : UNSENT);
    request.end();
  }

  /** If the runtime drops the call (`watchRequests`), gives back its place, permit and gate. Returns the function that ends the watch. */
  #watchTicket(ticket: Ticket, watch: Watch): () => boolean {
    return watch(() => {
      const { gate, permit, queue } = ticket;
      ticket.isLost = true;
      queue?.remove(ticket);
      const request = ticket.request ?? (permit && new Outgoing(ticket, permit, undefined, this.#now));
      if (request) this.#endUnanswered(request);
      ticket.refuse(cancelError(undefined));
      this.gates.release(gate);
    });
  }

  #requestOf(ticket: Ticket, permit: Permit): Outgoing {
    const { call, gate } = ticket;
    const remembered = gate.alwaysRefused?.sent(this.#kindOf(call), call.record.resends, this.#now());
    return new Outgoing(ticket, permit, remembered, this.#now);
  }

  /** Learns from a response. Returns the refused call if the response is a refusal. */
  #learn(request: Outgoing, response: Response): RefusedCall | undefined {
    const { ticket, permit } = request;
    const now = this.#now();
    ticket.gate.noteAlive(ticket, now);
    const reading = readResponse(response, ticket.call, permit.gate.learned.countResponse(), this.#settings);
    const { refusal } = reading;
    const answer = request.count(reading, now) ? withCost(reading.answer, response, this.#settings) : FAILED;
    const effect = settle(permit, ticket.gate, now, answer, refusal?.asked);
    if (answer.kind !== 'failed') permit.gate.ahead.answered(permit, answer.kind === 'refused');
    request.end();
    if (!refusal) return undefined;
    const { gate, closed } = effect;
    const { asked } = refusal;
    const lastAnswer = lastAnswerOf(response, asked);
    const hasClosed = closed && gate.learned.hasReleased;
    gate.advance(now);
    gate.learned.refused(lastAnswer, now, closed ? now + (asked ?? 0) : undefined);
    if (hasClosed) this.#report.closed(ticket.call, gate, refusal);
    const delay = delayOf(ticket, refusal, effect, this.#settings.random);
    // If the gate stays closed for longer than the call can wait, its caller gets the refusal and not a RateLimitError.
    const closedFor = gate.certainDelay(now) - GRACE_MS;
    return {
      request,
      response,
      refusal,
      now,
      gate,
      lastAnswer,
      delay,
      wait: Math.max(asked ?? delay, delay - 1, closedFor),
    };
  }
}
