import type { Clock } from '@steadfetch/core';
import type { Turns } from '@steadfetch/core/kit';
import type { Gate } from './gate.ts';
import type { Pacing } from './store.ts';

/** What all gates of a limiter have in common. */
export interface GateContext {
  readonly clock: Clock;
  readonly now: () => number;
  readonly turns: Turns;
  readonly limit: { readonly requests: number; readonly per: number } | undefined;
  /** How many of the narrowest gates are kept at rest. */
  readonly maxKeys: number;
  /** Whether it must be proven that a refusal concerns other calls too. */
  readonly needsProof: boolean;
  /** Whether a store keeps what is learned of the pace. */
  readonly hasStore: boolean;
  readonly createPacer: (key: string, wake: () => void) => Pacing;
  readonly onOpen: (gate: Gate) => void;
}
