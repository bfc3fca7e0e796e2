// Counts the work of each scenario at two sizes, or the bytes that stay of those that are named. Prints one JSON object.
//
//   node --no-opt --no-maglev packages/search-tests/test/growth/main.ts work 100
//   node packages/search-tests/test/growth/main.ts bytes 'servers that fail'

import { macrotasks } from '../support/drive.ts';
import { collectGarbage } from '../support/gc.ts';
import { WorkCounter } from '../support/work.ts';
import { type Kept, kept, type Scenario, scenarios, wrong } from './scenarios.ts';

const [what, ...rest] = process.argv.slice(2);
/** The smaller size. */
const n = Number(rest[0] ?? 100);
const counter = new WorkCounter();

async function bytesOf({ calls, make }: Kept): Promise<number> {
  const used = async () => {
    // what is referenced weakly lives to the end of a turn
    await macrotasks(5);
    collectGarbage();
    await macrotasks(5);
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  await make(calls / 10); // what is compiled and cached once is no growth
  const before = await used();
  const held = await make(calls);
  const after = await used();
  return held === undefined ? 0 : after - before;
}

async function workOf(scenario: Scenario): Promise<[small: number, large: number]> {
  await scenario(n)();
  const [small, large] = [scenario(n), scenario(4 * n)];
  return [await counter.of(small), await counter.of(large)];
}

if (what === 'bytes') {
  const bytes: Record<string, number> = {};
  for (const name of rest) bytes[name] = await bytesOf(kept[name]!);
  console.log(JSON.stringify(bytes));
} else {
  await counter.start();
  const work: Record<string, [number, number]> = {};
  for (const [name, scenario] of Object.entries({ ...scenarios, ...wrong })) work[name] = await workOf(scenario);
  console.log(JSON.stringify(work));
}
