// Drives each client through our stacks, against a server on this machine that fails.
//
//   pnpm everywhere clients [NAME...]

import { APIS } from './apis.ts';
import { CHECK_NAMES, checkClient, type MakeClient } from './checks.ts';
import { clientOf, INNER } from './fetches.ts';
import { GRAPHQL } from './graphql.ts';
import { LIBRARIES } from './libraries.ts';
import { checkQueries } from './queries.ts';
import { runSnippets } from './snippets.ts';
import { STACKS } from './stacks.ts';
import { versionOf } from './version.ts';

const CLIENTS = [...APIS, ...LIBRARIES, ...GRAPHQL];

interface Subject {
  readonly name: string;
  readonly from: string;
  readonly make: MakeClient;
}

const SUBJECTS: readonly Subject[] = [
  ...CLIENTS.map((client) => ({ name: client.name, from: client.from, make: () => client })),
  ...INNER.map((inner) => ({ ...inner, make: ((stack) => clientOf(inner, stack)) as MakeClient })),
];

const wanted = process.argv.slice(2);
const subjects = SUBJECTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const faults: string[] = [];
console.log(
  `${'client'.padEnd(40)}${Object.keys(STACKS)
    .map((stack) => stack.padEnd(16))
    .join('')}`,
);
for (const { name, from, make } of subjects) {
  const cells: string[] = [];
  for (const [stackName, stack] of Object.entries(STACKS)) {
    const results = await checkClient(make, stack);
    const held = CHECK_NAMES.filter((check) => results[check] === 'ok').length;
    const lacking = CHECK_NAMES.filter((check) => results[check] === '-').length;
    const bad = CHECK_NAMES.filter((check) => !['ok', '-'].includes(results[check]!));
    faults.push(...bad.map((check) => `${name}, ${stackName}, ${check}: ${results[check]}`));
    cells.push(`${bad.length === 0 ? 'ok' : 'FAILED'} ${held}/${CHECK_NAMES.length - lacking}`.padEnd(16));
  }
  console.log(`${`${name} ${versionOf(from)}`.padEnd(40)}${cells.join('')}`);
}
if (wanted.length === 0) faults.push(...(await runSnippets(CLIENTS)), ...(await checkQueries(CLIENTS)));
for (const fault of faults) console.error(fault);
console.log(
  `${subjects.length} clients, ${CHECK_NAMES.length} checks, ${Object.keys(STACKS).length} stacks: ${faults.length} faults`,
);
process.exit(Math.min(faults.length, 1)); // some clients keep timers
