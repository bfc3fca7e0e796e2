import {
  type AttemptRecord,
  abortReason,
  type Call,
  discard,
  type EventOf,
  monotonic,
  type Next,
  onAbort,
  type Random,
  redactUrl,
} from '@steadfetch/core';
import { callHooks, checkNumber, idempotencyKeyOf, keepBody, releaseBody } from '@steadfetch/core/kit';
import type { StopReason } from './events.ts';
import type { Gate, Permit } from './gate.ts';
import { type GateSnapshot, Gates, snapshotOf } from './gates.ts';
import { type Answer, Pacer } from './model/model.ts';
import { kinds, namesOf } from './names.ts';
import type { Settings } from './options.ts';
import { Passage, repeatsOf, stopReason } from './passage.ts';
import { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
import { lastAnswerOf, type Reading, type Refusal, readAnswer } from './read-answer.ts';
import { type Heard, hear, settle } from './scope.ts';
import { Crowd } from './waiting-line.ts';

/** A gate that was closed for exactly as long as a call may be held still lets it out. */
const GRACE = 100;
/** Without a word of the server a call waits for so long, doubled each time, in milliseconds. */
const OWN_WAIT = { first: 100, longest: 3_000 };
/** A request that left the machine later than this after it passed the gate is counted when it left. */
const LATE = 2;

/** Sends calls when their gates let them, again and again while they are refused and may be sent again. */
export class Limiter {
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #random: Random;
  readonly #gates: Gates;
  readonly #crowd: Crowd = new Crowd();
  readonly #kindOf: (call: Call) => number = kinds();
  #tickets = 0;

  constructor(settings: Settings) {
    const { clock, random, limit, proof, store } = settings;
    this.#settings = settings;
    this.#now = monotonic(clock);
    this.#random = sane(random);
    const model = { random: this.#random, proof, ...(limit ? { limit } : {}) };
    const local = (pace?: number) => new Pacer({ ...model, ...(pace && { start: { at: this.#now(), pace } }) });
    this.#gates = new Gates(namesOf(settings), {
      clock,
      limit,
      proof,
      now: this.#now,
      createPacer: (key, wake) => (store ? store.pacer({ key, clock, now: this.#now, wake, local }) : new Pacer(model)),
      onOpen: (gate) => this.#tellOfRelease(gate),
      tooLong: (visit, gate, wait) => this.#error('rate-limited', gate, wait, (visit as Passage).call),
    });
  }

  async fetch(call: Call, next: Next): Promise<Response> {
    if (call.signal?.aborted) {
      releaseBody(call);
      throw abortReason(call.signal);
    }
    const leaf = this.#gates.take(call);
    try {
      const visit = this.#passage(call, leaf);
      for (;;) {
        const permit = leaf.inForce.tryEnter(visit, this.#now()) ?? (await this.#wait(visit));
        let response: Response;
        try {
          response = await this.#send(visit, permit, next);
        } catch (error) {
          this.#failed(visit, permit);
          throw error;
        } finally {
          this.#ended(visit, permit);
        }
        if (this.#settings.statuses.has(response?.status)) await this.#crowd.enter();
        if (!this.#learn(visit, permit, response)) {
          releaseBody(call);
          return response;
        }
        discard(response);
      }
    } finally {
      this.#gates.release(leaf);
    }
  }

  snapshot(): GateSnapshot[] {
    const now = this.#now();
    return this.#gates.inForce().map((gate) => snapshotOf(gate, now));
  }

  reset(key?: string): void {
    this.#gates.reset(key);
  }

  #passage(call: Call, leaf: Gate): Passage {
    const { cost, maxWait, maxResends } = this.#settings;
    const { record } = call;
    if (record.maxRepeats < maxResends) record.maxRepeats = maxResends;
    return new Passage(call, leaf, this.#tickets++, cost ? checkCost(cost(call)) : 1, maxWait);
  }

  /** Waits for leave to send. Rejects when too many wait, or as soon as the wait is known to be too long. */
  async #wait(visit: Passage): Promise<Permit> {
    const { call, leaf } = visit;
    const { record, signal } = call;
    const arrived = this.#now();
    const outer = record.waitingFor;
    let release: (() => void) | undefined;
    try {
      this.#check(visit, leaf.inForce, arrived);
      this.#tellOfWait(visit, leaf.inForce, arrived);
      const turn = new Promise<Permit>((resolve, reject) => {
        visit.resolve = resolve;
        visit.reject = reject;
      });
      leaf.inForce.join(visit);
      record.waitingFor = 'its turn in rateLimit()';
      release = onAbort(signal, (reason) => {
        visit.line?.leave(visit);
        visit.reject?.(reason);
      });
      return await turn;
    } catch (error) {
      releaseBody(call);
      throw error;
    } finally {
      release?.();
      record.waitingFor = outer;
      visit.left -= this.#now() - arrived;
    }
  }

  #check(visit: Passage, gate: Gate, now: number): void {
    const { call, left } = visit;
    visit.deadline = now + Math.min(left + GRACE, call.remaining());
    const wait = gate.estimate(now);
    const isFull = gate.waiting >= this.#settings.maxQueue && visit.notBefore === 0;
    if (isFull) throw this.#error('queue-full', gate, wait, call);
    if (now + wait > visit.deadline) throw this.#error('rate-limited', gate, wait, call);
  }

  /** Hands a call on, and counts the request when it leaves the machine. */
  #send(visit: Passage, permit: Permit, next: Next): Promise<Response> {
    const { call, leaf } = visit;
    const { record } = call;
    let isAtOnce = true;
    visit.isSent = false;
    visit.sends = record.sends;
    visit.onSend = record.onSend;
    visit.sighting = leaf.suspects?.sent(this.#kindOf(call), this.#now());
    record.onSend = () => {
      visit.onSend?.();
      if (!visit.isSent) this.#count(visit, permit, isAtOnce);
    };
    const answer = next(repeatsOf(call) < this.#settings.maxResends ? keepBody(call) : call);
    isAtOnce = false;
    return answer;
  }

  /** There is no answer. What was not sent costs nothing. */
  #failed({ leaf, isSent }: Passage, permit: Permit): void {
    settle(permit, leaf, this.#now(), isSent ? { kind: 'failed' } : { kind: 'failed', cost: 0 });
    permit.gate.returned();
  }

  /** Its request is over; what leaves the machine for it later is not counted here. */
  #ended(visit: Passage, permit: Permit): void {
    if (!visit.isSent) permit.gate.sent();
    visit.isSent = true;
    visit.call.record.onSend = visit.onSend;
  }

  #count(visit: Passage, permit: Permit, isAtOnce: boolean): void {
    visit.isSent = true;
    permit.gate.sent();
    if (isAtOnce) return;
    const now = this.#now();
    if (now - permit.sent.at <= LATE) return;
    for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
      hear(counted, now, { kind: 'failed', cost: 0 });
      counted.sent = counted.pacer.send(now, visit.cost);
    }
  }

  /** Learns from an answer, and prepares the next send. Returns whether there is one. */
  #learn(visit: Passage, permit: Permit, response: Response): boolean {
    const { call } = visit;
    const reading = readAnswer(response, call, permit.gate.countRead(), this.#settings);
    const heard = this.#settle(visit, permit, reading, response);
    const refusal = reading?.refusal;
    if (!refusal) return false;
    const needed = this.#waitAfter(refusal, heard, call);
    const reason = stopReason(
      call,
      response,
      refusal,
      { needed: refusal.asked ?? needed, left: visit.left, requests: call.record.sends - visit.sends },
      this.#settings,
    );
    if (reason === undefined) this.#prepare(visit, response, refusal, needed);
    else this.#tellOfGiveUp(heard.gate, call, refusal, reason);
    return reason === undefined;
  }

  #settle({ call, leaf, sighting }: Passage, permit: Permit, reading: Reading | undefined, response: Response): Heard {
    const { refusal, answer = { kind: 'failed' } } = reading ?? {};
    const now = this.#now();
    const { costOf } = this.#settings;
    const cost = costOf && costIn(costOf, response);
    const gate = leaf.inForce;
    const isLimit = gate.record(answer, refusal?.isDoubtful === true, now);
    const isAlone =
      sighting !== undefined &&
      answer.kind !== 'failed' &&
      leaf.suspects!.heard(sighting, answer.kind === 'refused', now);
    const told: Answer = isLimit && !isAlone ? answer : { kind: 'failed' };
    const heard = settle(permit, leaf, now, cost === undefined ? told : { ...told, cost }, refusal?.policy);
    permit.gate.returned();
    if (refusal) heard.gate.lastAnswer = lastAnswerOf(response, refusal.asked, false);
    if (heard.closed && refusal && heard.gate.closed(now + (refusal.asked ?? 0))) {
      this.#tellOfLimit(heard.gate, call, refusal, now);
    }
    return heard;
  }

  /** How long a refused call waits at least: as long as the server asks, and a little in any case. */
  #waitAfter({ asked }: Refusal, { closed, retryIn = 0 }: Heard, { record }: Call): number {
    const { first, longest } = OWN_WAIT;
    const own = Math.min(longest, first * 2 ** Math.min(record.resends, 10)) * (1 + 0.2 * this.#random());
    return Math.max(asked === undefined ? 0 : asked + 1, retryIn, closed || (asked ?? 0) > 0 ? 0 : own);
  }

  /** Makes a refused call ready for another send, and remembers the attempt. */
  #prepare(visit: Passage, response: Response, { asked, source }: Refusal, needed: number): void {
    const { call } = visit;
    const { record } = call;
    record.lastAnswer = lastAnswerOf(response, asked, true);
    const attempt = repeatsOf(call) + 1;
    record.resends++;
    record.history ??= [];
    record.history.push({
      attempt,
      at: this.#settings.clock.now(),
      status: response.status,
      ...keyOf(call),
      delay: needed,
      delaySource: source ?? 'rate-limit',
    });
    visit.notBefore = this.#now() + needed;
  }

  #error(reason: RateLimitReason, gate: Gate, retryAfter: number, call: Call): RateLimitError {
    const { record } = call;
    this.#emit(call, gate, { action: 'refused', reason, ms: retryAfter });
    return new RateLimitError(reason, { key: gate.key, retryAfter, lastAnswer: record.lastAnswer ?? gate.lastAnswer });
  }

  #tellOfWait({ call, notBefore }: Passage, gate: Gate, now: number): void {
    if (!call.observed) return;
    const own = Math.max(0, notBefore - now);
    const isClosed = own > 0 || gate.pacer.snapshot(now).opensIn > 0;
    const reason = isClosed ? 'closed' : 'pace';
    this.#emit(call, gate, { action: 'wait', reason, ms: Math.max(own, gate.estimate(now)) });
  }

  #emit(call: Call, gate: Gate, told: Told): void {
    if (!call.observed) return;
    const { key, waiting } = gate;
    call.observed.emit(call, { type: 'gate', key, waiting, until: this.#settings.clock.now() + told.ms, ...told });
  }

  #tellOfLimit(gate: Gate, call: Call, { status, asked, source }: Refusal, now: number): void {
    this.#emit(call, gate, { action: 'closed', reason: String(status), ms: gate.wait(now), ...wishOf(asked, source) });
    callHooks(this.#settings.hooks, 'onLimit', () => {
      const { key, waiting } = gate;
      return { key, url: redactUrl(call.url), status, wait: gate.wait(now), asked, source, waiting };
    });
  }

  #tellOfRelease(gate: Gate): void {
    callHooks(this.#settings.hooks, 'onRelease', () => {
      const { rate } = gate.pacer.snapshot(this.#now());
      return { key: gate.key, waiting: gate.waiting, rate };
    });
  }

  #tellOfGiveUp(gate: Gate, call: Call, { status, asked, source }: Refusal, reason: StopReason): void {
    const ms = call.observed ? gate.wait(this.#now()) : 0;
    this.#emit(call, gate, { action: 'returned', reason, ms, ...wishOf(asked, source) });
    callHooks(this.#settings.hooks, 'onGiveUp', () => {
      const [url, resends, wait] = [redactUrl(call.url), call.record.resends, gate.wait(this.#now())];
      return { key: gate.key, url, reason, status, wait, asked, source, resends };
    });
  }
}

/** What an event of a gate says, besides where it stands. */
type Told = Pick<EventOf<'gate'>, 'action' | 'reason' | 'ms' | 'asked' | 'source'>;

/** How long the server asked to wait, if it did. */
function wishOf(asked: number | undefined, source: string | undefined): { asked?: number; source?: string } {
  return { ...(asked !== undefined && { asked }), ...(source !== undefined && { source }) };
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

function keyOf(call: Call): Pick<AttemptRecord, 'idempotencyKey'> {
  const key = idempotencyKeyOf(call);
  return key === undefined ? {} : { idempotencyKey: key };
}
