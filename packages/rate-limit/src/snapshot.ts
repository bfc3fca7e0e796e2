import type { Gate } from './gate.ts';

/** How a gate stands, and why. */
export interface GateSnapshot {
  /** E.g. `https://api.example.com #1 /items/*`; `#1` is a credential. */
  readonly key: string;
  /** `paced`: open, and a limit is known of. */
  readonly state: 'open' | 'paced' | 'closed';
  /** Milliseconds until a closed gate opens; otherwise 0. */
  readonly opensIn: number;
  /** The rate that is believed in, in requests per second. */
  readonly rate: number | undefined;
  /** How many may be sent at once. */
  readonly burst: number | undefined;
  /** What the server last said is left. */
  readonly remaining: number | undefined;
  /** The share of the last answers that were refusals, from 0 to 1. */
  readonly refusedShare: number;
  /** What its state follows from, in words. */
  readonly why: string;
  readonly waiting: number;
  readonly inFlight: number;
}

export function snapshotOf(gate: Gate, now: number): GateSnapshot {
  const { key, waiting, inFlight } = gate;
  const { state, ...belief } = gate.pacer.snapshot(now);
  const isPaced = belief.rate !== undefined || belief.remaining !== undefined;
  return { key, state: state === 'open' && isPaced ? 'paced' : state, ...belief, waiting, inFlight };
}
