// Does what docs/getting-started.md says, as it is written: in an empty folder, with npm and with pnpm, with the packages as they
// are packed. Fails where a command fails or prints something else than the page says.
//
//   pnpm newcomer

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type Registry, startRegistry } from './local-registry.ts';
import { parseMarkdown } from './markdown.ts';
import { pack } from './packed.ts';
import { run } from './run.ts';
import { ROOT } from './workspace.ts';

const PAGE = 'docs/getting-started.md';
const MANAGERS = ['npm', 'pnpm'];

/** What is wrong with the page for a newcomer who has this package manager. */
async function follow(manager: string, folder: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const { fences } = parseMarkdown(readFileSync(join(ROOT, PAGE), 'utf8'));
  let output = '';
  let done = 0;
  for (const { language, title, code, line } of fences) {
    if (language === 'sh' && (title === undefined || title === manager)) {
      for (const command of code.split('\n')) {
        output = await run('bash', ['-c', command], folder, env);
        done++;
      }
    } else if (title === 'Output') {
      if (output.trim() !== code.trim()) return [`${PAGE}:${line}: ${manager} printed\n${output}`];
    } else if (title && language !== 'sh') writeFileSync(join(folder, title), `${code}\n`);
  }
  console.log(`${manager.padEnd(6)}${done} commands of ${PAGE}, as written`);
  return [];
}

/** The page's commands find pnpm, the Node of this workspace, and no other configuration than the registry. */
function environment({ url }: Registry, home: string): NodeJS.ProcessEnv {
  const find = ['-y', '-p', 'pnpm@12.21.0', 'which', 'pnpm'];
  const pnpm = dirname(execFileSync('npx', find, { encoding: 'utf8' }).trim());
  const { PATH, SystemRoot } = process.env;
  const path = [join(ROOT, 'node_modules/node/bin'), pnpm, PATH].join(delimiter);
  const registry = { npm_config_registry: url, pnpm_config_registry: url };
  return { ...registry, PATH: path, HOME: home, SystemRoot, npm_config_update_notifier: 'false', NO_COLOR: '1' };
}

/** Follows the page with each package manager, in a folder of its own below `temporary`. */
export async function checkNewcomer(registry: Registry, temporary: string): Promise<string[]> {
  const faults: string[] = [];
  for (const manager of MANAGERS) {
    const folder = join(temporary, manager, 'project');
    mkdirSync(folder, { recursive: true });
    const fault = (error: Error) => [`${manager}: ${error.message}`];
    faults.push(...(await follow(manager, folder, environment(registry, join(temporary, manager))).catch(fault)));
  }
  return faults;
}

if (import.meta.main) {
  const temporary = mkdtempSync(join(tmpdir(), 'steadfetch-newcomer-'));
  const registry = await startRegistry(pack(join(temporary, 'tarballs')));
  const faults = await checkNewcomer(registry, temporary);
  await registry.close();
  rmSync(temporary, { recursive: true });
  for (const fault of faults) console.error(fault);
  console.log(`newcomer: ${faults.length} faults`);
  process.exitCode = Math.min(faults.length, 1);
}
