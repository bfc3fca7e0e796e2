import { describe, expect, it } from 'vitest';
import { stateOf } from '../src/model/link.ts';
import { PRESETS } from '../src/model/presets.ts';
import { runScene } from '../src/model/run-scene.ts';
import type { Way } from '../src/model/ways.ts';

/** The numbers of a preset, or of its beginning. */
async function numbersOf(id: string, way: Way, lasts?: number): Promise<Record<string, number>> {
  const { scene, code } = stateOf(PRESETS.find((preset) => preset.id === id)!);
  const load = lasts === undefined ? scene.load : { ...scene.load, lasts };
  const { measures } = await runScene({ ...scene, load }, code, { way });
  return Object.fromEntries(measures.map((measure) => [measure.id, measure.value]));
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

  it('is true of forty workers: few refusals, and no call is lost', async () => {
    const ours = await numbersOf('forty-workers', 'yours', 10_000);
    const plain = await numbersOf('forty-workers', 'plain', 10_000);

    expect(ours.lost).toBe(0);
    expect(ours.refused).toBeLessThan(40);
    expect(plain.refused).toBeGreaterThan(10 * ours.refused!);
    expect(plain.lost).toBeGreaterThan(0);
  });

  it('is true of the maintenance page: the first call after it succeeds', async () => {
    expect((await numbersOf('maintenance', 'yours')).back).toBeLessThan(1_000);
  });

  it('is true of the train: calls outlast a tunnel', async () => {
    expect((await numbersOf('train', 'yours')).lost).toBe(0);
    expect((await numbersOf('train', 'plain')).lost).toBeGreaterThan(10);
  });
});
