import { PRESETS, type Preset } from './presets.ts';
import { type Choice, completed, LOADS, loadsOf, type Scene, SERVERS } from './scene.ts';
import { SITUATIONS } from './situations.ts';

/** The content of a link. */
export interface State {
  readonly scene: Scene;
  readonly code: string;
}

/** A state, and the parts of its link that were not understood. */
export interface Read {
  readonly state: State;
  readonly said: readonly string[];
}

export function stateOf({ scene, code }: Preset): State {
  return { scene: sceneOf(scene, []), code };
}

/** The preset that a state equals, if there is one. */
export function presetOf(state: State): Preset | undefined {
  const text = JSON.stringify(state);
  return PRESETS.find((preset) => JSON.stringify(stateOf(preset)) === text);
}

/** A state as the hash of a link: the name of a preset, or everything, compressed. */
export async function formatLink(state: State): Promise<string> {
  const preset = presetOf(state);
  if (preset) return `#p=${preset.id}`;
  const { server, load, seed } = state.scene;
  const bytes = new TextEncoder().encode(JSON.stringify([server, load, seed, state.code]));
  return `#s=${toText(await through(new CompressionStream('deflate-raw'), bytes))}`;
}

/** The state in the hash of a link. An invalid part is replaced, and the visitor reads which one. */
export async function readLink(hash: string): Promise<Read> {
  const fallback = stateOf(PRESETS[0]!);
  const [, kind, text = ''] = /^#([ps])=(.*)$/s.exec(hash) ?? [];
  if (kind === 'p') {
    const preset = PRESETS.find(({ id }) => id === text);
    return preset ? { state: stateOf(preset), said: [] } : { state: fallback, said: [`there is no preset '${text}'`] };
  }
  if (kind === undefined) {
    return { state: fallback, said: hash.length > 1 ? ['it is of a form that this page does not know'] : [] };
  }
  try {
    const bytes = await through(new DecompressionStream('deflate-raw'), toBytes(text));
    return readParts(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return { state: fallback, said: ['it is broken: a part of it may be missing'] };
  }
}

function readParts(parts: unknown): Read {
  if (!Array.isArray(parts)) throw new TypeError('expected a list');
  const [server, load, seed, code] = parts as unknown[];
  const said: string[] = [];
  const scene = sceneOf({ server: choiceOf(server), load: choiceOf(load), seed: seed as number }, said);
  if (typeof code !== 'string') said.push('it has no stack');
  return { state: { scene, code: typeof code === 'string' ? code : 'compose()' }, said };
}

function choiceOf(given: unknown): Choice {
  return typeof given === 'object' && given !== null ? (given as Choice) : { kind: '' };
}

/** A scene with all of its fields, and a load that fits its server. */
export function sceneOf({ server: given, load: asked, seed }: Scene, said: string[]): Scene {
  const server = completed(SERVERS, given, said);
  const loads = loadsOf(server.kind);
  const load = completed(LOADS, loads.includes(asked.kind) ? asked : { kind: loads[0]! }, said);
  if (server.kind === 'everyday' && !SITUATIONS.includes(String(server.name))) {
    said.push(`there is no situation '${String(server.name)}'`);
    return sceneOf({ server: { kind: 'everyday', name: SITUATIONS[0]! }, load: asked, seed }, said);
  }
  const isSeed = Number.isInteger(seed) && Math.abs(seed) < 2 ** 31;
  if (!isSeed) said.push(`the seed ${String(seed)} is no whole number`);
  return { server, load, seed: isSeed ? seed : 1 };
}

async function through(stream: CompressionStream | DecompressionStream, bytes: Uint8Array<ArrayBuffer>) {
  const body = new Response(bytes).body!.pipeThrough(
    stream as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>,
  );
  return new Uint8Array(await new Response(body).arrayBuffer());
}

function toText(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}
