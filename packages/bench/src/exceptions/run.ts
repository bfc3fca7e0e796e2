// The exceptions of docs/exceptions.md: in which situations is somebody worse off behind us than behind a plain retry?
// Fails if one of them is none any more: then its row is struck.
//
//   pnpm bench exceptions                    plays all rows
//   pnpm bench exceptions --part=breaker     those of one table: budget, breaker, limiter, store
//   pnpm bench exceptions --only=WORDS       those with these words in their sentence
//   pnpm bench exceptions --write            writes the tables into docs/exceptions.md, all or that of the part

import { option } from '../option.ts';
import { publish } from '../publish.ts';
import { PARTS } from './parts.ts';
import { playRow } from './play.ts';

const only = option('only') ?? '';
const write = process.argv.includes('--write');
if (write && only !== '') throw new Error('--write needs all rows of a table: leave out --only');

const failures: string[] = [];
let count = 0;
for (const { name, exceptions } of PARTS) {
  if (name !== (option('part') ?? name)) continue;
  const rows: string[][] = [];
  for (const exception of exceptions) {
    if (!exception.situation.includes(only)) continue;
    const { cells, isWorse } = await playRow(exception);
    if (!isWorse) failures.push(`${exception.situation}: not worse than a plain retry, strike it`);
    rows.push(cells);
    console.log(`${name} ${++count}: ${cells.join(' | ')}`);
  }
  const head = ['situation', 'options', 'ours', 'plain retry', 'what to do'];
  if (write)
    publish({
      name: `exceptions-${name}`,
      page: 'docs/exceptions.md',
      file: import.meta.filename,
      head,
      left: [0, 1, 4],
      rows,
    });
}

if (count === 0) throw new Error('no row is played: no table has this name, or no sentence these words');
console.log('');
for (const failure of failures) console.log(`FAILED: ${failure}`);
console.log(`${count} rows, ${failures.length} failed`);
if (failures.length > 0) process.exitCode = 1;
