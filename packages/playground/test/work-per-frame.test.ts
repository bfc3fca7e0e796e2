import { describe, expect, it } from 'vitest';
import { byCall } from '../src/model/by-call.ts';
import { sceneOf } from '../src/model/link.ts';
import { runScene } from '../src/model/run-scene.ts';
import { binsOf, stepOf } from '../src/page/bins.ts';
import { PARTS, partsOf, ROWS } from '../src/page/calls-chart.ts';
import { filtered } from '../src/page/event-list.ts';
import { FrameQueue } from '../src/page/frame-queue.ts';
import { sampleCalls } from '../src/page/sample.ts';
import { eventAt, storyOf } from '../src/page/story.ts';
import type { Run } from '../src/worker/protocol.ts';

/** A run of twenty thousand events. */
async function longRun(): Promise<Run> {
  const server = { kind: 'bucket', rate: 200, burst: 20 };
  const scene = sceneOf({ server, load: { kind: 'workers', workers: 40, lasts: 25_000 }, seed: 1 }, []);
  const recording = await runScene(scene, 'rateLimit()', { way: 'yours' });
  return { ...recording, ...byCall(recording) };
}

describe('the work of a frame is bounded', async () => {
  const run = await longRun();
  const whole = { from: 0, to: run.lasts };

  it('however many events there are', () => {
    expect(run.events.at.length).toBeGreaterThan(10_000);
    for (const view of [whole, { from: 1_000, to: 1_500 }, { from: 24_000, to: 25_000 }]) {
      const sample = sampleCalls(run, view, ROWS);
      const step = stepOf(view, { most: 240, requests: 5_000 });

      expect(sample.length).toBeLessThanOrEqual(ROWS);
      expect(new Set(sample).size).toBe(sample.length);
      for (const call of sample) expect(partsOf(run, call).length).toBeLessThanOrEqual(PARTS);
      expect(binsOf(run, view, step).at.length).toBeLessThanOrEqual(242);
    }
  });

  it('by pieces: no frame does more than it has time for, and none is left out', () => {
    const frames: (() => void)[] = [];
    const done: string[] = [];
    let now = 0;
    const queue = new FrameQueue({ frame: (run) => void frames.push(run), now: () => now, most: 8 });
    const piece = (name: string, ms: number) =>
      queue.add(name, () => {
        done.push(name);
        now += ms;
      });
    piece('replaced', 99);
    for (const [name, ms] of [
      ['a', 5],
      ['b', 5],
      ['c', 20],
      ['replaced', 1],
    ] as const)
      piece(name, ms);

    const perFrame: string[] = [];
    for (let frame = frames.shift(); frame; frame = frames.shift()) {
      frame();
      perFrame.push(done.splice(0).join());
    }

    expect(perFrame).toEqual(['a,b', 'c', 'replaced']);
  });

  it('counts each request in one slice of the chart', () => {
    const { ok, refused, failed, total } = binsOf(run, whole, 500);
    const sum = (column: number[]) => column.reduce((all, value) => all + value / 2, 0);

    expect(sum(total)).toBeCloseTo(run.requests.at.length, 0);
    expect(sum(ok) + sum(refused) + sum(failed)).toBeCloseTo(sum(total), 6);
  });

  it('filters by kind, status, word and call', () => {
    const types = (kind: string, word: string) =>
      new Set(Array.from(filtered(run, kind, word)!, (index) => eventAt(run, index).type));

    expect(filtered(run, '', '')).toBeUndefined();
    expect(types('gate', '')).toEqual(new Set(['gate']));
    expect(types('', '429')).toContain('attempt');
    expect(types('gate', 'pace')).toEqual(new Set(['gate']));
    expect([...filtered(run, '', '#1')!].every((index) => run.events.call[index] === 0)).toBe(true);
    expect(storyOf(run, 0)).toMatch(/^Call 1 at 0\.00 s: .*succeeds after/);
  });
});
