// What a middleware adds to a call that succeeds, on a fetch that answers at once.
//
//   node packages/bench/src/overhead/run.ts

import { publish } from '../publish.ts';
import { inOwnProcess, measure } from './measure.ts';
import { SUBJECTS } from './subjects.ts';

const OPTIONS = { rounds: 150, calls: 300 };
const ALONE = { rounds: 300, calls: 300 };
const FILE = import.meta.filename;

/** A process of its own measures one subject beside the bare fetch. */
const [, , way, place, withInit] = process.argv;
const subject = SUBJECTS[Number(place)];
if (way === 'alone') {
  const [bare, time] = await measure([SUBJECTS[0]!, subject!], { ...ALONE, init: withInit === 'init' });
  console.log(time! - bare!);
} else {
  await publishAll();
}

async function publishAll(): Promise<void> {
  const columns: number[][] = [];
  for (const init of [false, true]) {
    const times = await measure(SUBJECTS, { ...OPTIONS, init });
    columns.push(times.map((time) => time - times[0]!));
    columns.push(SUBJECTS.map((_, i) => (i === 0 ? 0 : inOwnProcess(FILE, 'alone', `${i}`, init ? 'init' : 'none'))));
  }
  const reference = SUBJECTS.findIndex(({ name }) => name === 'fetch-retry');
  const cell = (added: number, of: number) => `${added.toFixed(0)} (${(added / of).toFixed(2)} x)`;
  publish({
    name: 'overhead',
    file: FILE,
    peers: ['ky', 'fetch-extras', 'fetch-retry'],
    notes: [
      'Nanoseconds that a stack adds to a call on a stub, and that time as a multiple of what fetch-retry adds. In turns: all stacks',
      `in one process, ${OPTIONS.calls} calls of each per round, ${OPTIONS.rounds} rounds in rotating order; alone: each in a process of its own beside`,
      `the bare stub, ${ALONE.rounds.toLocaleString('en')} rounds. The fastest twentieth. The init is \`{ headers: { accept: 'application/json' } }\`.`,
    ],
    head: ['stack', 'in turns', 'alone', 'in turns, with init', 'alone, with init'],
    rows: SUBJECTS.slice(1).map(({ name }, i) => [
      name,
      ...columns.map((added) => cell(added[i + 1]!, added[reference]!)),
    ]),
  });
}
