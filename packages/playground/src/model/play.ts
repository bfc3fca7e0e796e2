import { live as liveSituation } from '@steadfetch/bench/harm/live';
import type { Situation } from '@steadfetch/bench/harm/situation';
import { live as liveRow } from '@steadfetch/bench/limits/live';
import { score } from '@steadfetch/bench/limits/score';
import { simulate } from '@steadfetch/testing/simulation';
import { rowOf } from './limit-row.ts';
import { commonMeasures, type Native } from './measures.ts';
import { type MakeClient, type OnCall, Recorder } from './recorder.ts';
import type { Measure, Recording } from './recording.ts';
import type { Scene } from './scene.ts';
import { situationNamed } from './situations.ts';
import { type Effects, noEffects, situationOf } from './trouble.ts';

/** Simulates a scene with a client, in the simulator of the benchmark that the scene belongs to. */
export function play(scene: Scene, client: MakeClient, onCall?: OnCall): Promise<Recording> {
  switch (scene.server.kind) {
    case 'service':
      return playService(scene, client, onCall);
    case 'trouble':
      return playTrouble(scene, client, onCall);
    case 'everyday':
      return playSituation(situationNamed(String(scene.server.name)), client, { seed: scene.seed, onCall });
    default:
      return playLimit(scene, client, onCall);
  }
}

async function playService(
  { server, load, seed }: Scene,
  client: MakeClient,
  onCall: OnCall | undefined,
): Promise<Recording> {
  const { capacity, shedCost, failRate, latency, from, to } = server as unknown as Readonly<Record<string, number>>;
  const seconds = Math.ceil(Number(load.lasts) / 1_000);
  const recorder = new Recorder(seconds * 1_000, { onCall });
  const report = await simulate({
    client: recorder.around(client),
    clients: Number(load.processes),
    arrivals: Number(load.perSecond),
    service: {
      capacity: capacity!,
      shedCost: shedCost!,
      failRate: failRate!,
      latency: latency!,
      ...(to! > from! ? { outage: { from: from!, to: to! } } : {}),
    },
    seconds,
    seed,
  });
  const { calmSuccess, sentPerCallDown, healthyAfter } = report;
  const back = healthyAfter === undefined ? undefined : 1_000 * healthyAfter;
  const own: Measure[] = [{ id: 'calm', title: 'success while calm', unit: 'share', value: calmSuccess }];
  if (sentPerCallDown !== undefined) {
    own.push({ id: 'down', title: 'requests per call while down', unit: 'ratio', value: sentPerCallDown, ...LOAD });
  }
  return recordingOf(recorder, { lasts: seconds * 1_000, back, own });
}

async function playLimit(scene: Scene, client: MakeClient, onCall: OnCall | undefined): Promise<Recording> {
  const row = rowOf(scene);
  const recorder = new Recorder(row.lasts!, { onCall });
  const history = await liveRow(row, recorder.around(client), scene.seed);
  const { share, least } = score(row, history);
  const own: Measure[] = [
    { id: 'used', title: 'of what is possible', unit: 'share', value: share / 100, better: 'more', slack: POINTS },
  ];
  if ((row.processes ?? 1) > 1) {
    own.push({
      id: 'least',
      title: 'the process with the least, of an equal share',
      unit: 'share',
      value: least / 100,
      better: 'more',
      slack: { part: 0, plus: 0.1 },
    });
  }
  return recordingOf(recorder, { lasts: row.lasts!, back: undefined, own });
}

function playTrouble(scene: Scene, client: MakeClient, onCall: OnCall | undefined): Promise<Recording> {
  const effects = noEffects();
  const isOrder = scene.load.method === 'POST';
  return playSituation(situationOf(scene, effects), client, { seed: scene.seed, onCall, ...(isOrder && { effects }) });
}

async function playSituation(
  situation: Situation,
  client: MakeClient,
  { seed, effects, onCall }: { seed: number; effects?: Effects; onCall: OnCall | undefined },
): Promise<Recording> {
  const { lasts, step, judged = () => true, ask = () => ({ path: '/' }) } = situation;
  const unstep = (elapsed: number) => (step && elapsed >= step.at + step.by ? elapsed - step.by : elapsed);
  const recorder = new Recorder(lasts, { unstep, onCall });
  const { back } = await liveSituation(situation, recorder.around(client), seed);
  const own: Measure[] = [];
  if (effects) {
    const { twice } = effects;
    own.push({ id: 'twice', title: 'orders placed twice', unit: 'count', value: twice, better: 'less', slack: NONE });
  }
  return recordingOf(recorder, { lasts, back, own, judged: (index) => judged(ask(index)) });
}

const NONE = { part: 0, plus: 0 };
const POINTS = { part: 0, plus: 0.015 };
const LOAD = { better: 'less', slack: { part: 0.1, plus: 0.05 } } as const;

function recordingOf(
  recorder: Recorder,
  { lasts, judged, ...native }: Native & { lasts: number; judged?: (index: number) => boolean },
): Recording {
  const recorded = recorder.done(judged);
  return { lasts, ...recorded, measures: commonMeasures(recorded, native) };
}
