import './turns.ts';
import { seededRandom } from '@steadfetch/testing/simulation';
import { byCall } from '../model/by-call.ts';
import { CodeError } from '../model/evaluate.ts';
import { runScene } from '../model/run-scene.ts';
import { lockDown } from './lockdown.ts';
import type { Asked, Run, Told } from './protocol.ts';

const tell: (told: Told, transfer: Transferable[]) => void = postMessage.bind(globalThis) as never;

addEventListener('message', ({ data }: MessageEvent<Asked>) => void answer(data));
lockDown();

async function answer({ id, scene, code, way }: Asked): Promise<void> {
  const startedAt = performance.now();
  Math.random = seededRandom(scene.seed);
  try {
    const onCall = (calls: number) => tell({ id, type: 'alive', calls }, []);
    const { describe, ...recording } = await runScene(scene, code, { way, onCall });
    const run: Run = { ...recording, ...byCall(recording), describe };
    tell({ id, type: 'done', run, took: performance.now() - startedAt }, buffersOf(run));
  } catch (error) {
    const line = error instanceof CodeError ? error.line : undefined;
    tell({ id, type: 'failed', message: error instanceof Error ? error.message : String(error), line }, []);
  }
}

/** The memory of all columns, which is moved to the page instead of copied. */
function buffersOf({ calls, requests, events, beliefs, first, byCall: order }: Run): Transferable[] {
  const columns = [...Object.values(calls), ...Object.values(requests), ...Object.values(events), first, order];
  for (const { at, value } of beliefs) columns.push(at, value);
  return columns.map(({ buffer }) => buffer as ArrayBuffer);
}
