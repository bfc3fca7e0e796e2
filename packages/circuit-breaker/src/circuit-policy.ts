import type { Circuit } from './circuit.ts';
import type { OpenTime } from './open-time.ts';
import type { Rule } from './rule.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** How a circuit behaves, in milliseconds. */
export interface CircuitPolicy {
  rule: Rule;
  openTime: OpenTime;
  probes: number;
  probeTimeout: number;
  /** The time, which never goes back. */
  now(): number;
  onChange(circuit: Circuit): void;
}
