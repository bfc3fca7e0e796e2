import type { Recording } from '../model/recording.ts';
import type { Scene } from '../model/scene.ts';
import type { Way } from '../model/ways.ts';

/** The messages from the page to the worker. */
export interface Asked {
  readonly id: number;
  readonly scene: Scene;
  readonly code: string;
  readonly way: Way;
}

/** A recording, with its events by call. */
export interface Run extends Recording {
  /** The events of call `n` are `byCall[first[n]]` to `byCall[first[n + 1] - 1]`. */
  readonly first: Uint32Array;
  readonly byCall: Uint32Array;
  /** What a stack says about itself, if it does. */
  readonly describe: string | undefined;
}

/** The messages from the worker to the page. `alive`: the run continues. */
export type Told = { readonly id: number } & (
  | { readonly type: 'alive'; readonly calls: number }
  | { readonly type: 'done'; readonly run: Run; readonly took: number }
  | { readonly type: 'failed'; readonly message: string; readonly line: number | undefined }
);
