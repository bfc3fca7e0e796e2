// Runs an example by its name.
//
//   pnpm example [NAME]

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { ROOT } from './workspace.ts';

const files = globSync(['*.ts', '*/main.ts'], { cwd: join(ROOT, 'examples') }).filter(
  (file) => !file.includes('.config.') && !file.startsWith('browser'),
);
const names = files.map((file) => (file.includes(sep) ? dirname(file) : basename(file, '.ts'))).sort();
const list = names.map((one) => `  ${one}`).join('\n');
const [name, ...rest] = process.argv.slice(2);

if (name !== undefined && names.includes(name)) {
  const file = files.find((one) => one === `${name}.ts` || dirname(one) === name)!;
  const { status } = spawnSync('node', [join(ROOT, 'examples', file), ...rest], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else if (name === undefined) {
  console.log(`pnpm example NAME, where NAME is one of:\n${list}`);
} else {
  console.error(`no example "${name}"; there are:\n${list}`);
  process.exitCode = 1;
}
