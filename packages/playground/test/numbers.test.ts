import { plain, standardWith } from '@steadfetch/bench/harm/clients';
import { EVERYDAY } from '@steadfetch/bench/harm/everyday';
import { live as liveSituation } from '@steadfetch/bench/harm/live';
import { steadfetch } from '@steadfetch/bench/limits/clients';
import { live as liveRow } from '@steadfetch/bench/limits/live';
import { ROWS } from '@steadfetch/bench/limits/rows';
import { score } from '@steadfetch/bench/limits/score';
import { CLIENTS } from '@steadfetch/bench/storms/clients';
import { OUTAGE, STORM } from '@steadfetch/bench/storms/settings';
import { simulate } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import type { Recording } from '../src/model/recording.ts';
import { runScene } from '../src/model/run-scene.ts';
import type { Scene } from '../src/model/scene.ts';
import { benchmarkOf, presetOf, SHORT_SCENE, SHORT_STORM } from './support/short-storm.ts';

const SEEDS = 5;

function numbersOf({ measures }: Recording): Record<string, number> {
  return Object.fromEntries(measures.map(({ id, value }) => [id, value]));
}

describe('the numbers of the benchmarks', () => {
  it('has those of the storms', async () => {
    const ours = numbersOf(await runScene(SHORT_SCENE, 'retry()', { way: 'yours' }));
    const report = await benchmarkOf('steadfetch retry()');

    expect(presetOf('storm')).toMatchObject({ server: OUTAGE, load: { lasts: 1_000 * STORM.seconds! } });
    expect(ours).toMatchObject({
      calm: report.calmSuccess,
      down: report.sentPerCallDown,
      back: 1_000 * report.healthyAfter!,
      perCall: report.sent / report.calls,
      lost: report.bad,
    });
  });

  it('are those that are published, but for which of the calls that are due in one millisecond comes first', {
    timeout: 120_000,
  }, async () => {
    let difference = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const observed = await benchmarkOf('steadfetch retry()', seed);
      const published = await simulate({ ...SHORT_STORM, seed, client: CLIENTS['steadfetch retry()']! });
      expect(observed.calls).toBe(published.calls);
      difference += (observed.ok - published.ok) / published.calls / SEEDS;
    }
    expect(Math.abs(difference)).toBeLessThan(0.015); // it decides over three calls in a hundred, with one seed in five
  });

  it.each([
    'pages of 60 calls: one tenant of three always 429 without a hint, calls of the others',
    'offline for 1 min, a call every 5 s',
  ])('has those of an everyday situation: %s', async (name) => {
    const scene: Scene = { server: { kind: 'everyday', name }, load: { kind: 'own' }, seed: 7 };
    const situation = EVERYDAY.find((one) => one.name === name)!;

    const ours = numbersOf(await runScene(scene, 'standard()', { way: 'yours' }));
    const baseline = numbersOf(await runScene(scene, 'standard()', { way: 'plain' }));

    expect(ours).toMatchObject(pick(await liveSituation(situation, standardWith(), 7)));
    expect(baseline).toMatchObject(pick(await liveSituation(situation, plain, 7)));
  });

  it.each([
    ['forty-workers', '100/s, burst 20, Retry-After', 5_000],
    ['halved', '100/s, halved after 20 s, Retry-After', 22_000],
    ['eight-processes', '8 processes, 100/s, burst 20, RateLimit', 5_000],
  ])('has those of the limits: %s', async (id, name, lasts) => {
    const row = { ...ROWS.find((one) => one.name === name)!, lasts };
    const scene = presetOf(id);

    const ours = numbersOf(
      await runScene({ ...scene, load: { ...scene.load, lasts } }, 'rateLimit()', { way: 'yours' }),
    );
    const history = await liveRow(row, steadfetch, scene.seed);

    expect(ours.used).toBe(score(row, history).share / 100);
    expect(ours.refused).toBe(history.refused.length);
  });
});

function pick({ success, p50, p95, back }: { success: number; p50: number; p95: number; back: number | undefined }) {
  return { success, p50, p95, ...(back === undefined ? {} : { back }) };
}
