import type { Turns } from '@steadfetch/core/kit';
import type { Gate } from './gate.ts';
import type { Settings } from './options.ts';
import type { Pacing } from './store.ts';

/** What all gates of a limiter have in common. */
export interface GateContext extends Pick<Settings, 'clock' | 'limit' | 'maxKeys' | 'store'> {
  readonly now: () => number;
  readonly turns: Turns;
  /** Whether it must be proven that a refusal concerns other calls too. */
  readonly needsProof: boolean;
  readonly createPacer: (key: string, wake: () => void) => Pacing;
  readonly onOpen: (gate: Gate) => void;
}
