// Writes the public surface of each package, as its built declarations say it, to docs/api, so that a change of it shows
// in review. The gate fails where a report differs.
//
//   pnpm api              builds and writes the reports
//   pnpm check:api        fails where they are out of date

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entriesOf, publicPackages, ROOT } from './workspace.ts';

const FOLDER = join(ROOT, 'docs/api');

/** A file that the build makes for several entries: its name ends with a hash of what is in it. */
const CHUNK = /\.\/([\w-]+)-[\w-]{8}\.js/;

/** Each entry of a package with its declarations; comments are left out, since they change without the surface. */
function reports(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const one of publicPackages()) {
    const name = one.manifest.name.replace('@steadfetch/', '');
    const dist = join(one.dir, 'dist');
    const section = (title: string, file: string) => {
      const declarations = surfaceOf(readFileSync(join(dist, file), 'utf8'));
      return `## ${title}\n\n\`\`\`text\n${declarations}\n\`\`\`\n`;
    };
    const entries = Object.keys(entriesOf(one)).map((entry) => {
      return section(entry === 'index' ? one.manifest.name : `${one.manifest.name}/${entry}`, `${entry}.d.ts`);
    });
    const shared = readdirSync(dist)
      .filter((file) => CHUNK.test(`./${file.replace('.d.ts', '.js')}`) && file.endsWith('.d.ts'))
      .map((file) => section(`What entries share, in ${file.replace(/-[\w-]{8}\.d\.ts$/, '')}`, file));
    texts.set(`${name}.md`, `# The surface of ${one.manifest.name}\n\n${[...entries, ...shared].join('\n')}`);
  }
  return texts;
}

function surfaceOf(declarations: string): string {
  return declarations
    .replace(/\/\*\*[\s\S]*?\*\/\n?/g, '')
    .replace(/^\/\/#.*$/gm, '')
    .replace(new RegExp(CHUNK, 'g'), './$1.js')
    .replace(/^\s*\n/gm, '')
    .trimEnd();
}

const wanted = reports();
const check = process.argv.includes('--check');
const present = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const changed = [...new Set([...wanted.keys(), ...present])].filter((file) => {
  const path = join(FOLDER, file);
  return !existsSync(path) || readFileSync(path, 'utf8') !== wanted.get(file);
});
if (check) {
  for (const file of changed)
    console.error(`docs/api/${file}: the surface differs, run pnpm api and look at the change`);
  process.exitCode = changed.length === 0 ? 0 : 1;
} else {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of changed) {
    const text = wanted.get(file);
    if (text === undefined) rmSync(join(FOLDER, file));
    else writeFileSync(join(FOLDER, file), text);
  }
}
console.log(`${wanted.size} reports, ${changed.length} ${check ? 'out of date' : 'written'}`);
