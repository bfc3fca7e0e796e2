import type { LastAnswer } from '@steadfetch/core';
import { FailingParts } from './failing-parts.ts';
import type { OpenTime } from './open-time.ts';
import type { CircuitAttempt, CircuitChange, Permit } from './permit.ts';
import type { Rule, Sample, Tally } from './rule.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** How a circuit behaves, in milliseconds. */
export interface CircuitPolicy {
  readonly rule: Rule;
  readonly openTime: OpenTime;
  readonly probes: number;
  readonly probeTimeout: number;
  /** The time, which never goes back. */
  now(): number;
  onChange(state: CircuitState): void;
}

/** How an attempt was let through: whether as a probe, and in which generation and outage (see `Circuit`). */
interface Entry {
  readonly attempt: CircuitAttempt;
  readonly at: number;
  readonly probe: boolean;
  readonly holdsSlot: boolean;
  readonly generation: number;
  readonly outage: number;
}

/**
 * A circuit closes at the next call if its probe was due this long ago and none has failed since. Its state is too old by then.
 * Otherwise an hourly burst of calls would get one probe, and the circuit would refuse the rest.
 */
const STALE_AFTER_MS = 300_000;

/**
 * One circuit. Its rule counts the outcomes of calls and opens it. After the open time it is half-open: it lets some calls through as
 * probes, and their outcomes close it or start another open time. It has no timers, and does not depend on fetch.
 */
export class Circuit {
  readonly #policy: CircuitPolicy;
  /** The probes in flight that hold a slot. */
  readonly #slots = new Set<Entry>();
  /** The calls whose further attempts are let through. */
  readonly #admitted = new WeakSet<object>();
  /** The failure that a call was counted with, and the tally that has it. A call counts once, also if a retry fails after the circuit closed. */
  readonly #counted = new WeakMap<object, { readonly sample: Sample; readonly tally: Tally }>();
  #tally: Tally;
  #state: CircuitState = 'closed';
  /** Each change of state starts a generation. Each opening of a closed circuit starts an outage. */
  #generation = 0;
  #outage = 0;
  #openedAt = 0;
  /** When the current open time ends, and its length. */
  #openUntil = 0;
  #openTime = 0;
  /** Probes that succeeded since the circuit opened. They need not be in a row: if some endpoints always fail, a row is rare. */
  #goodProbes = 0;
  /** Slow probes of this round. The first ones are excused: server and connections went cold while the circuit was open. */
  #slowProbes = 0;
  /** Failed probes of this round. A round begins when the circuit becomes half-open. */
  #failedProbes = 0;
  /** Probes since the circuit opened that said nothing about the server. */
  #neutralProbes = 0;
  #failingSince = 0;
  /** Whether an open circuit refuses only what has failed. */
  readonly #isScoped: boolean;
  readonly #failing = new FailingParts();

  /** Calls that failed since the last success. */
  failures = 0;
  /** The last answer to a call that failed, since the circuit closed. */
  lastAnswer: LastAnswer | undefined;
  /** Open times since the circuit was closed. */
  openings = 0;

  constructor(policy: CircuitPolicy) {
    this.#policy = policy;
    this.#tally = policy.rule.start();
    this.#isScoped = policy.rule.scoped === true;
  }

  /** `half-open` as soon as a probe would be let through. */
  get state(): CircuitState {
    return this.#state === 'open' && this.#policy.now() >= this.#openUntil ? 'half-open' : this.#state;
  }

  get probes(): number {
    return this.#slots.size;
  }

  /** Milliseconds since the first call in `failures` was let through. */
  get failingFor(): number {
    return this.failures === 0 ? 0 : this.#policy.now() - this.#failingSince;
  }

  /** The parts that an open circuit refuses; `undefined` if it refuses everything. */
  get parts(): string[] | undefined {
    return this.#isScoped ? this.#failing.parts : undefined;
  }

  /** Milliseconds until another call is worth a try. 0: it would be let through now. While all slots are taken it is a guess. */
  get retryAfter(): number {
    const at = this.#policy.now();
    if (this.#state === 'open') return Math.max(0, Math.ceil(this.#openUntil - at));
    return this.#state === 'half-open' && this.#isFull(at) ? Math.min(1_000, Math.ceil(this.#openTime)) : 0;
  }

  /** The right to make a call, or `undefined` while the circuit refuses it. */
  acquire(attempt: CircuitAttempt = {}): Permit | undefined {
    const at = this.#policy.now();
    if (this.#state === 'closed') return this.#permit(attempt, at);
    if (at - this.#openUntil >= STALE_AFTER_MS) {
      this.reset();
      return { ...this.#permit(attempt, at), closed: true };
    }
    const { call } = attempt;
    if (call !== undefined && this.#admitted.has(call)) return this.#permit(attempt, at, !this.#isScoped);
    const isRefused = !this.#isScoped || this.#failing.refuses(attempt);
    if (isRefused) this.#failing.noteAsked(attempt);
    if (isRefused && !this.#hasSlot(at)) return undefined;
    if (call !== undefined) this.#admitted.add(call);
    return this.#permit(attempt, at, isRefused, isRefused);
  }

  reset(): void {
    this.#enter('closed', this.#state !== 'closed');
  }

  #permit(attempt: CircuitAttempt, at: number, probe = false, holdsSlot = false): Permit {
    const entry = { attempt, at, probe, holdsSlot, generation: this.#generation, outage: this.#outage };
    if (holdsSlot) this.#slots.add(entry);
    let settled = false;
    return {
      probe,
      settle: (verdict, answer, isTimed = true) => {
        if (settled) return undefined;
        settled = true;
        this.#slots.delete(entry);
        const before = this.#state;
        if (verdict === 'success') this.#succeeded(entry, isTimed);
        else if (verdict === 'failure') this.#failed(entry, answer);
        else if (holdsSlot && entry.generation === this.#generation) this.#neutralProbes++;
        return this.#changeSince(before);
      },
    };
  }

  /** `undefined` after a failed probe, too: the circuit was already open. */
  #changeSince(before: CircuitState): CircuitChange | undefined {
    if (before === this.#state) return undefined;
    if (this.#state === 'closed') return 'closed';
    return before === 'closed' ? 'opened' : undefined;
  }

  #succeeded(entry: Entry, isTimed: boolean): void {
    const at = this.#policy.now();
    const duration = isTimed ? at - entry.at : 0;
    if (this.#state === 'closed') {
      if (entry.generation !== this.#generation && !this.#isScoped) return;
      this.#forget();
      this.#takeBack(entry.attempt);
      if (this.#tally.record({ failed: false, duration, at }) === true) this.#open(at);
      return;
    }
    const isProbe = entry.probe && entry.outage === this.#outage;
    if (isProbe && this.#policy.rule.isSlow?.(duration)) {
      if (++this.#slowProbes > this.#policy.probes) this.#probeFailed(entry, at);
    } else if (this.#isScoped || (isProbe && ++this.#goodProbes >= this.#policy.probes)) this.#enter('closed');
  }

  #takeBack({ call }: CircuitAttempt): void {
    const counted = call && this.#counted.get(call);
    if (!counted) return;
    this.#counted.delete(call);
    if (counted.tally === this.#tally) this.#tally.takeBack?.(counted.sample);
  }

  #failed(entry: Entry, answer: LastAnswer | undefined): void {
    const { call, retried = false } = entry.attempt;
    // let the retries of this call through, even if the circuit opens: if one succeeds, it closes a scoped circuit
    if (call !== undefined && this.#isScoped) this.#admitted.add(call);
    const isClosed = this.#state === 'closed';
    if (isClosed ? entry.generation !== this.#generation : entry.outage !== this.#outage) return;
    const at = this.#policy.now();
    if (answer) this.lastAnswer = answer;
    this.#failing.note(entry.attempt);
    const isFirst = call === undefined || !this.#counted.has(call);
    const sample = { failed: true, duration: at - entry.at, at, retried };
    if (isFirst) {
      if (this.failures++ === 0) this.#failingSince = entry.at;
      if (call !== undefined) this.#counted.set(call, { sample, tally: this.#tally });
    }
    if (!isClosed) this.#probeFailed(entry, at);
    else if (isFirst && this.#tally.record(sample) === true) this.#open(at);
  }

  /** The first failed probe that is not excused ends the round. A retry of a probe has no slot, and its failure does not count. */
  #probeFailed({ holdsSlot, generation }: Entry, at: number): void {
    if (!holdsSlot || generation !== this.#generation || this.#state !== 'half-open') return;
    if (++this.#failedProbes <= this.#excused) return;
    this.#startOpenTime(at);
    this.#enter('open', false);
  }

  /**
   * How many probes of this round may fail; the round then has as many more probes. If calls go to several endpoints, it is one in every
   * second round, two in every fourth, three in every eighth, and so on. Otherwise a broken endpoint could take every probe.
   */
  get #excused(): number {
    return this.#logIfSeveral(this.openings & -this.openings);
  }

  /** The binary logarithm, rounded down, if calls go to several endpoints; otherwise 0. */
  #logIfSeveral(value: number): number {
    return this.#failing.hasSeveral ? 31 - Math.clz32(value) : 0;
  }

  #open(at: number): void {
    this.#outage++;
    this.#openedAt = at;
    this.#openTime = 0;
    this.#startOpenTime(at);
    this.#enter('open');
  }

  #startOpenTime(at: number): void {
    const previousDelay = this.#openTime;
    this.openings++;
    const opening = { attempt: this.openings, previousDelay, elapsed: at - this.#openedAt };
    this.#openTime = this.#policy.openTime(opening);
    this.#openUntil = at + this.#openTime;
  }

  #enter(state: CircuitState, isReported = true): void {
    this.#state = state;
    this.#generation++;
    this.#slowProbes = 0;
    this.#failedProbes = 0;
    this.#slots.clear();
    if (state === 'closed') {
      this.#neutralProbes = 0;
      this.#goodProbes = 0;
      this.#forget();
      this.#tally = this.#policy.rule.start();
      this.lastAnswer = undefined;
      this.openings = 0;
    }
    if (isReported) this.#policy.onChange(state);
  }

  #forget(): void {
    this.failures = 0;
    this.#failing.clear();
  }

  /** Whether a probe may be sent now. The first one makes an open circuit half-open. */
  #hasSlot(at: number): boolean {
    if (this.#state === 'open') {
      if (at < this.#openUntil) return false;
      this.#enter('half-open');
    }
    return !this.#isFull(at);
  }

  /**
   * Whether all slots for probes are taken. A probe without an answer for `probeTimeout` loses its slot. Otherwise one lost call would keep
   * the circuit open. An aborted probe also loses its slot: it settles a moment later, and its caller may call again at once. If calls go
   * to several endpoints, neutral probes add slots: the first one, the third another, the seventh a third, and so on. Otherwise an
   * endpoint that always answers 429 could take every slot.
   */
  #isFull(at: number): boolean {
    const { probes, probeTimeout } = this.#policy;
    const most = probes + this.#excused - this.#failedProbes + this.#logIfSeveral(this.#neutralProbes + 1);
    const isFull = () => this.#slots.size >= most;
    if (!isFull()) return false; // with thousands of probes, do not search them at each call
    for (const probe of this.#slots) {
      if (probe.attempt.aborted === true || at - probe.at >= probeTimeout) this.#slots.delete(probe);
    }
    return isFull();
  }
}
