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

/** How a call was let through: as a probe or not, and in which generation and outage (see `Circuit`). */
interface Entry {
  readonly attempt: CircuitAttempt;
  readonly at: number;
  readonly probe: boolean;
  readonly holdsSlot: boolean;
  readonly generation: number;
  readonly outage: number;
}

/**
 * A circuit whose probe was due so long ago (ms) closes at the next call, if no probe has failed since: what it knows is too old to refuse all
 * calls but one of a burst, such as an hourly job.
 */
const TOO_OLD = 300_000;

/** The state of one circuit: timestamps and permits, no timers, nothing of fetch. */
export class Circuit {
  readonly #policy: CircuitPolicy;
  /** The probes in flight. */
  readonly #held = new Set<Entry>();
  /** The calls whose attempts are all let through. */
  readonly #begun = new WeakSet<object>();
  /** The failure that each call has been counted with, and where: a retry that fails after the circuit has closed is no other call. */
  readonly #counted = new WeakMap<object, { readonly sample: Sample; readonly tally: Tally }>();
  #tally: Tally;
  #state: CircuitState = 'closed';
  /** Each change of state starts a generation, each opening of a closed circuit an outage. */
  #generation = 0;
  #outage = 0;
  #openedAt = 0;
  /** When the present open time ends, and how long it is. */
  #until = 0;
  #openTime = 0;
  /** Probes that succeeded since the circuit opened: where some endpoints always fail, hardly ever do many in a row. */
  #passed = 0;
  /** Probes that were slow since it became half-open. The first are excused: server and connections went cold while nobody was let through. */
  #slow = 0;
  /** Probes that failed since it became half-open. */
  #failedProbes = 0;
  #failingSince = 0;
  /** Whether the circuit refuses only what has failed, while it is not closed. */
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
    return this.#state === 'open' && this.#policy.now() >= this.#until ? 'half-open' : this.#state;
  }

  get probes(): number {
    return this.#held.size;
  }

  /** Milliseconds since the first of the calls in `failures` was let through. */
  get failingFor(): number {
    return this.failures === 0 ? 0 : this.#policy.now() - this.#failingSince;
  }

  /** The parts that are refused while the circuit is not closed; `undefined` if all are. */
  get parts(): string[] | undefined {
    return this.#isScoped ? this.#failing.parts : undefined;
  }

  /** Milliseconds until it is worth asking again; a guess while probes are out, 0 when a call would be let through. */
  get retryAfter(): number {
    const at = this.#policy.now();
    if (this.#state === 'open') return Math.max(0, Math.ceil(this.#until - at));
    return this.#state === 'half-open' && this.#isFull(at) ? Math.min(1_000, Math.ceil(this.#openTime)) : 0;
  }

  /** The right to make a call, or `undefined` while the circuit refuses it. */
  acquire(attempt: CircuitAttempt = {}): Permit | undefined {
    const at = this.#policy.now();
    if (this.#state === 'closed') return this.#permit(attempt, at);
    if (at - this.#until >= TOO_OLD) {
      this.reset();
      return { ...this.#permit(attempt, at), closed: true };
    }
    const { call } = attempt;
    if (call !== undefined && this.#begun.has(call)) return this.#permit(attempt, at, !this.#isScoped);
    const isRefused = !this.#isScoped || this.#failing.refuses(attempt);
    if (isRefused) this.#failing.noteAsked(attempt);
    if (isRefused && !this.#hasSlot(at)) return undefined;
    if (call !== undefined) this.#begun.add(call);
    return this.#permit(attempt, at, isRefused, isRefused);
  }

  /** Closes the circuit and forgets everything. */
  reset(): void {
    this.#enter('closed', this.#state !== 'closed');
  }

  #permit(attempt: CircuitAttempt, at: number, probe = false, holdsSlot = false): Permit {
    const entry = { attempt, at, probe, holdsSlot, generation: this.#generation, outage: this.#outage };
    if (holdsSlot) this.#held.add(entry);
    let settled = false;
    return {
      probe,
      settle: (verdict, answer, isTimed = true) => {
        if (settled) return undefined;
        settled = true;
        this.#held.delete(entry);
        const before = this.#state;
        if (verdict === 'success') this.#succeeded(entry, isTimed);
        else if (verdict === 'failure') this.#failed(entry, answer);
        return this.#changeSince(before);
      },
    };
  }

  /** A probe that fails opens nothing: the circuit was not closed. */
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
      if (++this.#slow > this.#policy.probes) this.#probeFailed(entry, at);
    } else if (this.#isScoped || (isProbe && ++this.#passed >= this.#policy.probes)) this.#enter('closed');
  }

  #takeBack({ call }: CircuitAttempt): void {
    const counted = call && this.#counted.get(call);
    if (!counted) return;
    this.#counted.delete(call);
    if (counted.tally === this.#tally) this.#tally.takeBack?.(counted.sample);
  }

  #failed(entry: Entry, answer: LastAnswer | undefined): void {
    const { call, retried = false } = entry.attempt;
    // a retry of a call that began before the circuit opened is let through too: its success closes a scoped circuit
    if (call !== undefined && this.#isScoped) this.#begun.add(call);
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

  /** The first probe with a slot that fails ends the round, but for those that are excused. */
  #probeFailed({ holdsSlot, generation }: Entry, at: number): void {
    if (!holdsSlot || generation !== this.#generation || this.#state !== 'half-open') return;
    if (++this.#failedProbes <= this.#excused) return;
    this.#wait(at);
    this.#enter('open', false);
  }

  /**
   * How many probes of a round may fail, with as many let through on top, where several things are asked for: one in each second round, two
   * in each fourth, three in each eighth, and so on. What is always broken must not take each probe.
   */
  get #excused(): number {
    return this.#failing.areSeveral ? 31 - Math.clz32(this.openings & -this.openings) : 0;
  }

  #open(at: number): void {
    this.#outage++;
    this.#openedAt = at;
    this.#openTime = 0;
    this.#wait(at);
    this.#enter('open');
  }

  #wait(at: number): void {
    const previousDelay = this.#openTime;
    this.openings++;
    const opening = { attempt: this.openings, previousDelay, elapsed: at - this.#openedAt };
    this.#openTime = this.#policy.openTime(opening);
    this.#until = at + this.#openTime;
  }

  #enter(state: CircuitState, isReported = true): void {
    this.#state = state;
    this.#generation++;
    this.#slow = 0;
    this.#failedProbes = 0;
    this.#held.clear();
    if (state === 'closed') {
      this.#passed = 0;
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

  /** Whether a probe may be let through now. The first one ends the open time. */
  #hasSlot(at: number): boolean {
    if (this.#state === 'open') {
      if (at < this.#until) return false;
      this.#enter('half-open');
    }
    return !this.#isFull(at);
  }

  /**
   * Whether all slots for probes are taken. A probe without an answer for too long no longer holds its slot, or one lost call would end
   * all calls; nor one that its caller has aborted: it settles a moment later, and the same caller may call again at once.
   */
  #isFull(at: number): boolean {
    const { probes, probeTimeout } = this.#policy;
    const most = probes + this.#excused - this.#failedProbes;
    const isFull = () => this.#held.size >= most;
    if (!isFull()) return false; // of thousands of probes each would look at all
    for (const probe of this.#held) {
      if (probe.attempt.aborted === true || at - probe.at >= probeTimeout) this.#held.delete(probe);
    }
    return isFull();
  }
}
