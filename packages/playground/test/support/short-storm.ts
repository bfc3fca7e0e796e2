import { CLIENTS } from '@steadfetch/bench/storms/clients';
import { STORM } from '@steadfetch/bench/storms/settings';
import { observe } from '@steadfetch/core';
import { simulate } from '@steadfetch/testing/simulation';
import { PRESETS } from '../../src/model/presets.ts';
import { completed, LOADS, type Scene, SERVERS } from '../../src/model/scene.ts';

/** The scene of a preset, with all that it leaves to a default. */
export const presetOf = (id: string): Scene => {
  const { scene } = PRESETS.find((preset) => preset.id === id)!;
  return { ...scene, server: completed(SERVERS, scene.server), load: completed(LOADS, scene.load) };
};

/** Nothing fails later, so that each call has ended when the scene does. */
const service = { outage: { from: 3_000, to: 5_000 }, failRate: 0 };
const seconds = 10;
const preset = presetOf('storm');

/** The preset of the storm with a shorter outage, fewer seconds and no other failures ... */
export const SHORT_SCENE: Scene = {
  ...preset,
  server: { ...preset.server, ...service.outage, failRate: service.failRate },
  load: { ...preset.load, lasts: 1_000 * seconds },
};

/** ... and the benchmark of storms with the same. */
export const SHORT_STORM: typeof STORM = { ...STORM, seconds, service: { ...STORM.service, ...service } };

/**
 * That benchmark, for a client whose calls are observed, as those of the playground are. An observed call takes some more steps of promises, so
 * that of the calls that are due in the same millisecond another one may come first.
 */
export const benchmarkOf = (name: string, seed: number = SHORT_STORM.seed!) =>
  simulate({
    ...SHORT_STORM,
    seed,
    globals: false,
    client: async (fetch, parts) => observe(() => {})(await CLIENTS[name]!(fetch, parts)),
  });
