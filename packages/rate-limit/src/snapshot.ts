import type { Gate } from './gate.ts';

/** How a gate stands. */
export interface GateSnapshot {
  readonly key: string;
  /** `paced`: open, and a limit is known of. */
  readonly state: 'open' | 'paced' | 'closed';
  /** Milliseconds until a closed gate opens; otherwise 0. */
  readonly opensIn: number;
  /** The learned rate, in requests per second. */
  readonly rate: number | undefined;
  /** What the server last said is left. */
  readonly remaining: number | undefined;
  readonly waiting: number;
  readonly inFlight: number;
}

export function snapshotOf(gate: Gate): GateSnapshot {
  const { key, controller, waiting, opensIn } = gate;
  const { rate, remaining, inFlight } = controller;
  const isPaced = rate !== undefined || remaining !== undefined;
  return {
    key,
    state: opensIn > 0 ? 'closed' : isPaced ? 'paced' : 'open',
    opensIn,
    rate,
    remaining,
    waiting,
    inFlight,
  };
}
