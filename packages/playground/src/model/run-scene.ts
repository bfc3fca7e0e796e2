import { clientOf } from './clients.ts';
import { evaluate } from './evaluate.ts';
import { play } from './play.ts';
import type { MakeClient } from './recorder.ts';
import type { Recording } from './recording.ts';
import type { Scene } from './scene.ts';
import type { Way } from './ways.ts';

export interface RunOptions {
  readonly way: Way;
  /** Called now and then with the number of calls so far, as a sign that the run continues. */
  readonly onCall?: (calls: number) => void;
}

/** Simulates a scene in one of the three ways. `describe` is the description of the stack, if it has one. */
export async function runScene(
  scene: Scene,
  code: string,
  { way, onCall }: RunOptions,
): Promise<Recording & { describe: string | undefined }> {
  if (way !== 'yours') return { ...(await play(scene, clientOf(way, scene), onCall)), describe: undefined };
  let describe: string | undefined;
  const make = evaluate(code, (said) => {
    describe = said;
  });
  return { ...(await play(scene, make satisfies MakeClient, onCall)), describe };
}
