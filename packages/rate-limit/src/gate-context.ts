import type { Turns } from '@steadfetch/core/kit';
import type { Gate } from './gate.ts';
import type { Settings } from './options.ts';
import type { Pacing } from './store.ts';

/** What all gates of a limiter share. */
export interface GateContext extends Pick<Settings, 'clock' | 'limit' | 'maxKeys' | 'store'> {
  readonly now: () => number;
  readonly turns: Turns;
  /** Whether `proof` is `first`: one refusal alone must not delay other calls. */
  readonly needsProof: boolean;
  readonly createPacer: (key: string, wake: () => void) => Pacing;
  readonly onOpen: (gate: Gate) => void;
}
