import {
  type AttemptRecord,
  abortReason,
  type Call,
  checkNumber,
  discard,
  idempotencyKeyOf,
  keepBody,
  monotonic,
  type Next,
  notify,
  onAbort,
  type Random,
  redactUrl,
  releaseBody,
} from '@steadfetch/core';
import { type Gate, hear, type Permit, type Visit } from './gate.ts';
import { Gates } from './gates.ts';
import { type Answer, Pacer } from './model/pacer.ts';
import { namesOf } from './names.ts';
import type { Settings } from './options.ts';
import { RateLimitError, type RateLimitReason } from './rate-limit-error.ts';
import { lastAnswerOf, type Reading, type Refusal, readAnswer } from './read-answer.ts';
import { type Heard, settle } from './scope.ts';
import { type GateSnapshot, snapshotOf } from './snapshot.ts';
import { stopReason } from './stop-reason.ts';

/** A gate that was closed for exactly as long as a call may be held still lets it out. */
const GRACE = 100;
/** Without a word of the server a call waits for so long, doubled each time, in milliseconds. */
const OWN_WAIT = { first: 100, longest: 3_000 };
/** A request that left the machine later than this after it passed the gate is counted when it left. */
const LATE = 2;

/** One call under way. */
interface Passage {
  readonly call: Call;
  readonly next: Next;
  readonly visit: Visit;
  /** How long it may still be held. */
  left: number;
}

/** Sends calls when their gates let them, again and again while they are refused and may be sent again. */
export class Limiter {
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #random: Random;
  readonly #gates: Gates;
  #tickets = 0;

  constructor(settings: Settings) {
    const { clock, random, limit, proof } = settings;
    this.#settings = settings;
    this.#now = monotonic(clock);
    this.#random = sane(random);
    const model = { random: this.#random, proof, ...(limit ? { limit } : {}) };
    this.#gates = new Gates(namesOf(settings), {
      clock,
      limit,
      now: this.#now,
      createPacer: () => new Pacer(model),
      onOpen: (gate) => this.#tellOfRelease(gate),
    });
  }

  async fetch(call: Call, next: Next): Promise<Response> {
    if (call.signal?.aborted) {
      releaseBody(call);
      throw abortReason(call.signal);
    }
    const { maxWait, maxResends } = this.#settings;
    const leaf = this.#gates.take(call);
    call.record.maxRepeats = Math.max(call.record.maxRepeats, maxResends);
    try {
      const visit = this.#visit(call, leaf);
      return await this.#pass({ call, next, visit, left: maxWait });
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

  #visit(call: Call, leaf: Gate): Visit {
    const cost = this.#settings.cost ? checkCost(this.#settings.cost(call)) : 1;
    return {
      ticket: this.#tickets++,
      cost,
      leaf,
      notBefore: 0,
      deadline: 0,
      leave: undefined,
      admit: none,
      reject: none,
    };
  }

  async #pass(passage: Passage): Promise<Response> {
    const { call, visit } = passage;
    for (;;) {
      const permit = visit.leaf.inForce.tryEnter(visit, this.#now()) ?? (await this.#wait(passage));
      const response = await this.#send(passage, permit);
      const reading = readAnswer(response, call, permit.gate.isCurious(), this.#settings);
      const heard = this.#settle(permit, passage, reading, response);
      const refusal = reading?.refusal;
      const needed = refusal && this.#waitAfter(refusal, heard, call);
      if (needed === undefined || this.#stops(passage, response, refusal!, heard.gate, needed)) {
        releaseBody(call);
        return response;
      }
      this.#prepare(passage, response, refusal!, needed);
    }
  }

  /** Waits for leave to send. Rejects when too many wait, or as soon as the wait is known to be too long. */
  async #wait(passage: Passage): Promise<Permit> {
    const { call, visit, left } = passage;
    const { record, signal } = call;
    const gate = visit.leaf.inForce;
    const arrived = this.#now();
    visit.deadline = arrived + Math.min(left + GRACE, call.remaining());
    const wait = gate.estimate(arrived);
    const isFull = gate.waiting >= this.#settings.maxQueue && record.repeats === 0;
    if (isFull || arrived + wait > visit.deadline) {
      releaseBody(call);
      throw this.#error(isFull ? 'queue-full' : 'rate-limited', gate, wait, call);
    }
    const outer = record.waitingFor;
    record.waitingFor = 'its turn in rateLimit()';
    let release = none;
    try {
      return await new Promise<Permit>((resolve, reject) => {
        visit.admit = resolve;
        visit.reject = (at, ms) => reject(this.#error('rate-limited', at, ms, call));
        gate.join(visit);
        release = onAbort(signal, (reason) => {
          visit.leave?.();
          reject(reason);
        });
      });
    } catch (error) {
      releaseBody(call);
      throw error;
    } finally {
      release();
      record.waitingFor = outer;
      passage.left -= this.#now() - arrived;
    }
  }

  /** Sends once, and counts the request when it leaves the machine. */
  async #send({ call, next, visit }: Passage, permit: Permit): Promise<Response> {
    const { record } = call;
    const outer = record.onSend;
    let isSent = false;
    record.onSend = () => {
      outer?.();
      if (!isSent) this.#count(permit, visit.cost);
      isSent = true;
    };
    try {
      return await next(record.repeats < this.#settings.maxResends ? keepBody(call) : call);
    } catch (error) {
      // What was not sent costs nothing.
      settle(permit, visit.leaf, this.#now(), isSent ? { kind: 'failed' } : { kind: 'failed', cost: 0 });
      permit.gate.returned();
      throw error;
    } finally {
      if (!isSent) permit.gate.sent();
      isSent = true;
      record.onSend = outer;
    }
  }

  #count(permit: Permit, cost: number): void {
    const now = this.#now();
    permit.gate.sent();
    if (now - permit.sent.at <= LATE) return;
    for (let counted: Permit | undefined = permit; counted; counted = counted.wider) {
      hear(counted, now, { kind: 'failed', cost: 0 });
      counted.sent = counted.pacer.send(now, cost);
    }
  }

  #settle(permit: Permit, { call, visit }: Passage, reading: Reading | undefined, response: Response): Heard {
    const { refusal, answer = { kind: 'failed' } } = reading ?? {};
    const now = this.#now();
    const { costOf } = this.#settings;
    const cost = costOf && costIn(costOf, response);
    const gate = visit.leaf.inForce;
    const isLimit = gate.record(answer, refusal?.isDoubtful === true);
    const told: Answer = isLimit ? answer : { kind: 'failed' };
    const heard = settle(permit, visit.leaf, now, cost === undefined ? told : { ...told, cost }, refusal?.policy);
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
    const own = Math.min(longest, first * 2 ** Math.min(record.repeats, 10)) * (1 + 0.2 * this.#random());
    return Math.max(asked === undefined ? 0 : asked + 1, retryIn, closed || (asked ?? 0) > 0 ? 0 : own);
  }

  #stops({ call, left }: Passage, response: Response, refusal: Refusal, gate: Gate, needed: number): boolean {
    const { status, asked, source } = refusal;
    const room = { needed: asked ?? needed, left };
    const reason = stopReason(call, response, refusal, room, this.#settings);
    if (reason === undefined) return false;
    const [url, resends, wait] = [redactUrl(call.url), call.record.repeats, this.#delayOf(gate)];
    notify(this.#settings.onGiveUp, { key: gate.key, url, reason, status, wait, asked, source, resends });
    return true;
  }

  /** Makes a refused call ready for another send, and remembers the attempt. */
  #prepare({ call, visit }: Passage, response: Response, { asked, source }: Refusal, needed: number): void {
    const { record } = call;
    record.lastAnswer = lastAnswerOf(response, asked, true);
    record.repeats++;
    record.history ??= [];
    record.history.push(attemptOf(call, response, needed, source ?? 'rate-limit', this.#settings.clock.now()));
    visit.notBefore = this.#now() + needed;
    discard(response);
  }

  #error(reason: RateLimitReason, gate: Gate, retryAfter: number, { record }: Call): RateLimitError {
    return new RateLimitError(reason, { key: gate.key, retryAfter, lastAnswer: record.lastAnswer ?? gate.lastAnswer });
  }

  #tellOfLimit(gate: Gate, call: Call, { status, asked, source }: Refusal, now: number): void {
    const { key, waiting } = gate;
    const wait = gate.delay(now);
    notify(this.#settings.onLimit, { key, url: redactUrl(call.url), status, wait, asked, source, waiting });
  }

  #tellOfRelease(gate: Gate): void {
    if (!this.#settings.onRelease) return;
    const { rate } = gate.pacer.snapshot(this.#now());
    notify(this.#settings.onRelease, { key: gate.key, waiting: gate.waiting, rate });
  }

  #delayOf(gate: Gate): number {
    return gate.delay(this.#now());
  }
}

const none = (): void => {};

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

function attemptOf(call: Call, { status }: Response, delay: number, delaySource: string, at: number): AttemptRecord {
  const key = idempotencyKeyOf(call);
  const base = { attempt: call.record.repeats, at, status, delay, delaySource };
  return key === undefined ? base : { ...base, idempotencyKey: key };
}
