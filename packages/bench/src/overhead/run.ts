// What a middleware adds to a call that succeeds, on a fetch that answers at once.
//
//   node packages/bench/src/overhead/run.ts

import { publish } from '../publish.ts';
import { measure } from './measure.ts';
import { SUBJECTS } from './subjects.ts';

const OPTIONS = { rounds: 200, calls: 500 };
const times = await measure(SUBJECTS, OPTIONS);
const added = times.map((time) => time - times[0]!);
const reference = added[SUBJECTS.findIndex(({ name }) => name === 'fetch-retry')]!;

publish({
  name: 'overhead',
  file: import.meta.filename,
  peers: ['ky', 'fetch-extras', 'fetch-retry'],
  notes: [
    `One call after the other on a stub, ${OPTIONS.calls.toLocaleString('en')} of each per round, ${OPTIONS.rounds} rounds in turning order in one process;`,
    'medians. The last column sets what is added against what fetch-retry adds.',
  ],
  head: ['stack', 'ns per call', 'added', 'of fetch-retry'],
  rows: SUBJECTS.map(({ name }, index) => [
    name,
    times[index]!.toFixed(0),
    index === 0 ? '' : added[index]!.toFixed(0),
    index === 0 ? '' : `${(added[index]! / reference).toFixed(2)} x`,
  ]),
});
