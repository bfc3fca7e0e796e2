import { EVERYDAY } from '@steadfetch/bench/harm/everyday';
import { plain, standardWith } from '@steadfetch/bench/harm/clients';
import { live as liveSituation } from '@steadfetch/bench/harm/live';
import { steadfetch } from '@steadfetch/bench/limits/clients';
import { live as liveRow } from '@steadfetch/bench/limits/live';
import { ROWS } from '@steadfetch/bench/limits/rows';
import { score } from '@steadfetch/bench/limits/score';
import { CLIENTS } from '@steadfetch/bench/storms/clients';
import { STORM } from '@steadfetch/bench/storms/settings';
import { simulate } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import { PRESETS } from '../src/model/presets.ts';
import type { Recording } from '../src/model/recording.ts';
import { runScene } from '../src/model/run-scene.ts';
import { completed, LOADS, type Scene, SERVERS } from '../src/model/scene.ts';

const presetOf = (id: string): Scene => {
  const { scene } = PRESETS.find((preset) => preset.id === id)!;
  return { ...scene, server: completed(SERVERS, scene.server), load: completed(LOADS, scene.load) };
};

function numbersOf({ measures }: Recording): Record<string, number> {
  return Object.fromEntries(measures.map(({ id, value }) => [id, value]));
}

describe('the numbers of the benchmarks', () => {
  it('has those of the storms', async () => {
    const scene = presetOf('storm');
    const short = { ...scene, load: { ...scene.load, lasts: 25_000 } };
    const bench = { ...STORM, seconds: 25 };

    const ours = numbersOf(await runScene(short, 'retry()', { way: 'yours' }));
    const report = await simulate({ ...bench, client: CLIENTS['steadfetch retry()']! });

    expect(ours).toMatchObject({
      calm: report.calmSuccess,
      down: report.sentPerCallDown,
      back: 1_000 * report.healthyAfter!,
      perCall: report.sent / report.calls,
      lost: report.bad,
    });
  });

  it('has those of everyday situations', async () => {
    for (const name of ['20 % independent 500, 30/s', 'one path always 429 with Retry-After 1, calls to the others', 'restart: refused for 3 s, 50/s']) {
      const scene: Scene = { server: { kind: 'everyday', name }, load: { kind: 'own' }, seed: 7 };
      const situation = EVERYDAY.find((one) => one.name === name)!;

      const ours = numbersOf(await runScene(scene, 'standard()', { way: 'yours' }));
      const baseline = numbersOf(await runScene(scene, 'standard()', { way: 'plain' }));

      expect(ours).toMatchObject(pick(await liveSituation(situation, standardWith(), 7)));
      expect(baseline).toMatchObject(pick(await liveSituation(situation, plain, 7)));
    }
  });

  it('has those of the limits', async () => {
    for (const [id, name] of [['forty-workers', '100/s, burst 20, Retry-After'], ['halved', '100/s, halved after 20 s, Retry-After']] as const) {
      const row = ROWS.find((one) => one.name === name)!;
      const scene = presetOf(id);

      const ours = numbersOf(await runScene(scene, 'rateLimit()', { way: 'yours' }));

      const history = await liveRow(row, steadfetch, scene.seed);
      expect(ours.used).toBe(score(row, history).share / 100);
      expect(ours.refused).toBe(history.refused.length);
    }
  });
});

function pick({ success, p50, p95, back }: { success: number; p50: number; p95: number; back: number | undefined }) {
  return { success, p50, p95, ...(back === undefined ? {} : { back }) };
}
