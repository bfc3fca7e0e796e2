import { evaluate } from './evaluate.ts';
import { play } from './play.ts';
import type { Recording } from './recording.ts';
import type { Scene } from './scene.ts';
import { clientOf, type Way } from './ways.ts';

/** Lives through a scene in one of the three ways. */
export function runScene(scene: Scene, code: string, way: Way): Promise<Recording> {
  return play(scene, way === 'yours' ? evaluate(code) : clientOf(way, scene));
}
