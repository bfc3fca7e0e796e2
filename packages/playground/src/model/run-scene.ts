import { clientOf } from './clients.ts';
import { evaluate } from './evaluate.ts';
import { play } from './play.ts';
import type { MakeClient } from './recorder.ts';
import type { Recording } from './recording.ts';
import type { Scene } from './scene.ts';
import type { Way } from './ways.ts';

export interface RunOptions {
  readonly way: Way;
  /** Hears from time to time how many calls were made: the run goes on. */
  readonly onCall?: (calls: number) => void;
}

/** Lives through a scene in one of the three ways. `describe`: what the stack says about itself, if it does. */
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
