// What the first call through a stack costs, in a process that has sent none.
//
//   node packages/bench/src/overhead/first-call.ts

import { publish } from '../publish.ts';
import { firstCall, inOwnProcess } from './measure.ts';
import { SUBJECTS } from './subjects.ts';

const STARTS = 5;
const FILE = import.meta.filename;

const [, , place] = process.argv;
if (place !== undefined && !place.startsWith('--')) console.log(await firstCall(SUBJECTS[Number(place)]!));
else publishAll();

function publishAll(): void {
  publish({
    name: 'first-call',
    file: FILE,
    peers: ['ky', 'fetch-extras', 'fetch-retry'],
    notes: [
      'What a serverless function pays to create the stack and send the first call through it, in a process that has sent none:',
      `microseconds, the fastest of ${STARTS} processes. Loading the modules is not included.`,
    ],
    head: ['stack', 'µs'],
    rows: SUBJECTS.map(({ name }, i) => [
      name,
      Math.min(...Array.from({ length: STARTS }, () => inOwnProcess(FILE, `${i}`))).toFixed(0),
    ]),
  });
}
