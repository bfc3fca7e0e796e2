import { EVERYDAY } from '@steadfetch/bench/harm/everyday';
import type { Situation } from '@steadfetch/bench/harm/situation';
import type { Scene } from './scene.ts';

/** The names of the everyday situations of the benchmark. */
export const SITUATIONS: readonly string[] = EVERYDAY.map(({ name }) => name);

/** The situation with this name, or the first one if there is none. */
export function situationNamed(name: string): Situation {
  return EVERYDAY.find((situation) => situation.name === name) ?? EVERYDAY[0]!;
}

/** How long the scene makes calls, in milliseconds. */
export function lengthOf({ server, load }: Scene): number {
  return server.kind === 'everyday' ? situationNamed(String(server.name)).lasts : Number(load.lasts);
}
