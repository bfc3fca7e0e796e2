import { describe, expect, it } from 'vitest';
import { stateOf } from '../src/model/link.ts';
import { isWorse } from '../src/model/measures.ts';
import { PRESETS } from '../src/model/presets.ts';
import type { Measure } from '../src/model/recording.ts';
import { runScene } from '../src/model/run-scene.ts';
import type { Way } from '../src/model/ways.ts';

async function numbersOf(id: string, way: Way): Promise<Record<string, number>> {
  const measures = await measuresOf(id, way);
  return Object.fromEntries(measures.map((measure) => [measure.id, measure.value]));
}

async function measuresOf(id: string, way: Way): Promise<readonly Measure[]> {
  const { scene, code } = stateOf(PRESETS.find((preset) => preset.id === id)!);
  return (await runScene(scene, code, { way })).measures;
}

describe('what the presets tell', () => {
  it('is true of one 429 among a thousand answers: only the refused call waits', async () => {
    const { scene, code } = stateOf(PRESETS.find(({ id }) => id === 'one-429')!);

    const { calls } = await runScene(scene, code, { way: 'yours' });

    const durations = Array.from(calls.end, (end, call) => end - calls.start[call]!);
    expect(durations.filter((ms) => ms > 1_000)).toHaveLength(1);
    expect(calls.outcome.every((outcome) => outcome === 1)).toBe(true);
  });

  it('is true of the order: it is placed twice where a POST is repeated without a key', async () => {
    expect(await numbersOf('order', 'yours')).toMatchObject({ twice: 0, lost: 1 });
    expect((await numbersOf('order', 'plain')).twice).toBeGreaterThan(10);
    expect((await numbersOf('order', 'none')).lost).toBeGreaterThan(10);
  });

  it('is true of forty workers: thirty refusals against two thousand, and no call is lost', async () => {
    const ours = await numbersOf('forty-workers', 'yours');
    const plain = await numbersOf('forty-workers', 'plain');

    expect(ours.lost).toBe(0);
    expect(ours.refused).toBeLessThan(40);
    expect(plain.refused).toBeGreaterThan(2_000);
    expect(plain.lost).toBeGreaterThan(0);
  });

  it('is true of the maintenance page: the first call after it succeeds', async () => {
    expect((await numbersOf('maintenance', 'yours')).back).toBeLessThan(1_000);
  });

  it('is true of the train: calls outlast a tunnel', async () => {
    expect((await numbersOf('train', 'yours')).lost).toBe(0);
    expect((await numbersOf('train', 'plain')).lost).toBeGreaterThan(10);
  });

  it('is true of harm: nothing is worse than behind a plain retry', async () => {
    const plain = await measuresOf('no-harm', 'plain');

    for (const measure of await measuresOf('no-harm', 'yours')) {
      expect(
        isWorse(
          measure,
          plain.find(({ id }) => id === measure.id),
        ),
      ).toBe(false);
    }
  });
});
