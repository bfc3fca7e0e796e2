import type { CircuitPolicy, CircuitState } from './circuit-policy.ts';
import type { Permit } from './permit.ts';
import { ProbeSlots } from './probe-slots.ts';
import type { Tally } from './rule.ts';

/** The longest that a server's own wish can keep a circuit open: an hour. */
const LONGEST_WISH = 3_600_000;

/**
 * The state of one circuit: timestamps and permits, no timers, nothing of fetch.
 *
 * Each change of state starts a generation: calls let through in an earlier one have no say in what follows.
 */
export class Circuit {
  readonly #policy: CircuitPolicy;
  readonly #slots: ProbeSlots;
  #tally: Tally;
  #state: CircuitState = 'closed';
  #since = -Infinity;
  #generation = 0;
  #openings = 0;
  #openTime = 0;

  constructor(policy: CircuitPolicy) {
    this.#policy = policy;
    this.#slots = new ProbeSlots(policy.probes, policy.probeTimeout);
    this.#tally = policy.rule.start();
  }

  /** `half-open` as soon as a probe would be let through. */
  get state(): CircuitState {
    return this.#isDue() ? 'half-open' : this.#state;
  }

  /** Openings in a row; 0 once the circuit stayed closed for as long as it had been open. */
  get openings(): number {
    const steady = this.#state === 'closed' && this.#policy.now() - this.#since >= this.#openTime;
    return steady ? 0 : this.#openings;
  }

  get probes(): number {
    return this.#slots.inFlight;
  }

  /** Milliseconds until it is worth asking again; a guess while probes are out, 0 when a call would be let through. */
  get retryAfter(): number {
    if (this.#state === 'open') return Math.max(0, Math.ceil(this.#left()));
    const busy = this.#state === 'half-open' && this.#slots.isFull(this.#policy.now());
    return busy ? Math.min(1_000, this.#openTime) : 0;
  }

  /** Leave to make a call, or `undefined` when there must be none now. */
  acquire(): Permit | undefined {
    if (this.#isDue()) this.#enter('half-open');
    const { now } = this.#policy;
    if (this.#state === 'closed') return this.#permit(this.#tally.timed === false ? Number.NaN : now());
    const at = now();
    if (this.#state === 'open' || this.#slots.isFull(at)) return undefined;
    const permit = this.#permit(at);
    this.#slots.take(permit, at);
    return permit;
  }

  /** Closes the circuit and forgets everything. */
  reset(): void {
    this.#openings = 0;
    if (this.#state === 'closed') this.#tally = this.#policy.rule.start();
    else this.#enter('closed');
  }

  #permit(startedAt: number): Permit {
    const generation = this.#generation;
    let settled = false;
    const permit: Permit = {
      settle: (verdict, retryAfter) => {
        if (settled || generation !== this.#generation) return;
        settled = true;
        this.#slots.giveBack(permit);
        if (verdict !== 'neutral') this.#learn(verdict === 'failure', startedAt, retryAfter);
      },
    };
    return permit;
  }

  #learn(failed: boolean, startedAt: number, retryAfter: number | undefined): void {
    const at = this.#policy.now();
    const duration = at - startedAt;
    if (this.#state === 'closed') {
      if (this.#tally.record({ failed, duration, at })) this.#open(retryAfter);
    } else if (failed || this.#policy.rule.isSlow?.(duration)) this.#open(retryAfter);
    else if (this.#slots.pass()) this.#enter('closed');
  }

  #open(retryAfter = 0): void {
    const openings = this.openings + 1;
    const previousDelay = openings === 1 ? 0 : this.#openTime;
    const own = this.#policy.openTime({ attempt: openings, previousDelay });
    this.#openings = openings;
    this.#openTime = retryAfter > own ? Math.max(own, Math.min(retryAfter, LONGEST_WISH)) : own;
    this.#enter('open');
  }

  #enter(state: CircuitState): void {
    this.#state = state;
    this.#since = this.#policy.now();
    this.#generation++;
    this.#slots.clear();
    if (state === 'closed') this.#tally = this.#policy.rule.start();
    this.#policy.onChange(this);
  }

  #isDue(): boolean {
    return this.#state === 'open' && this.#left() <= 0;
  }

  #left(): number {
    return this.#since + this.#openTime - this.#policy.now();
  }
}
