// What an observer adds to a call that succeeds, and what the place for one costs where nothing observes.
//
//   node packages/bench/src/overhead/observe.ts [--before=DIR]      DIR: a checkout to measure beside this one, in the same run

import { join } from 'node:path';
import { type Fetch, observe, retry } from 'steadfetch';
import { option } from '../option.ts';
import { publish } from '../publish.ts';
import { measure, type Subject } from './measure.ts';

const OPTIONS = { rounds: 400, calls: 300, init: false };
/** `start`, `attempt` and `end`. */
const EVENTS = 3;

const response = new Response(null, { status: 200 });
const stub: Fetch = async () => response;
const listener = () => {};

const unobserved: Subject[] = [
  { name: 'bare', make: () => stub },
  { name: 'retry()', make: () => retry()(stub) },
];
const observed: Subject[] = [
  { name: 'observe(), retry()', make: () => observe(listener)(retry()(stub)) },
  {
    name: 'observe(), observe(), retry()',
    make: () => observe(listener)(observe(listener)(retry()(stub))),
  },
];

const dir = option('before');
if (dir) {
  const before = (await import(join(dir, 'packages/retry/src/index.ts'))) as { retry: typeof retry };
  const subjects = [...unobserved, { name: 'retry() before', make: () => before.retry()(stub) }];
  const [bare, now, then] = (await measure(subjects, OPTIONS)) as [number, number, number];
  console.log(`retry() adds ${(now - bare).toFixed(0)} ns, that of ${dir} ${(then - bare).toFixed(0)} ns`);
} else {
  const times = await measure([...unobserved, ...observed], OPTIONS);
  const [, alone, one, two] = times as [number, number, number, number];
  publish({
    name: 'observe',
    file: import.meta.filename,
    notes: [
      'Nanoseconds that `observe()` adds to a call through `retry()` on a stub, and per event: a good call has three. In turns, in',
      `one process, ${OPTIONS.calls} calls of each per round, ${OPTIONS.rounds} rounds. The fastest twentieth.`,
    ],
    head: ['observers', 'per call', 'per event'],
    rows: [
      ['none', 0, 0],
      ['one', (one - alone).toFixed(0), ((one - alone) / EVENTS).toFixed(0)],
      ['two', (two - alone).toFixed(0), ((two - alone) / EVENTS).toFixed(0)],
    ],
  });
}
