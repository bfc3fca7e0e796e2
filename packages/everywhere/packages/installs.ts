// Installs the tarballs as a user would, with three package managers.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from '../../../scripts/run.ts';
import { publicPackages, ROOT } from '../../../scripts/workspace.ts';
import { tarballs } from '../packed.ts';

const HERE: string = join(import.meta.dirname, '../node_modules');

interface Manager {
  readonly name: string;
  /** What its manifest needs so that packages which are not published yet are found. */
  manifest(specs: Record<string, string>): object;
  readonly settings?: (specs: Record<string, string>) => Record<string, string>;
  readonly install: readonly string[];
}

const MANAGERS: readonly Manager[] = [
  {
    name: 'npm',
    manifest: (specs) => ({ dependencies: specs }),
    install: ['npm', 'install', '--no-audit', '--no-fund', '--silent'],
  },
  {
    name: 'pnpm',
    manifest: (specs) => ({ dependencies: specs }),
    settings: (specs) => ({ 'pnpm-workspace.yaml': `overrides: ${JSON.stringify(specs)}\n` }),
    install: ['npx', '-y', 'pnpm@12.21.0', 'install', '--silent'],
  },
  {
    name: 'bun',
    manifest: (specs) => ({ dependencies: specs, overrides: specs }),
    install: [join(HERE, '.bin/bun'), 'install', '--silent'],
  },
];

/** Programs that run `import`, `require()` and a retry in the folder. */
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  'Node 20': [join(HERE, 'node20/bin/node')],
  'Node 22': [join(HERE, 'node22/bin/node')],
  'Node 24': [join(ROOT, 'node_modules/node/bin/node')],
  'Node 26': [join(HERE, 'node26/bin/node')],
  Bun: [join(HERE, '.bin/bun'), 'run'],
  Deno: [join(HERE, '.bin/deno'), 'run', '--quiet', '--no-lock', '--no-remote', '--allow-net', '--allow-read'],
};

/** React reads its environment where it is loaded; ours do not need the right. */
const REACT_READS = ['--allow-env=NODE_ENV'];

/** What is wrong with the packages once they are installed. */
export async function checkInstalls(): Promise<string[]> {
  const faults: string[] = [];
  for (const manager of MANAGERS) {
    const folder = mkdtempSync(join(tmpdir(), `steadfetch-${manager.name}-`));
    try {
      await install(manager, folder);
      for (const [runtime, command] of Object.entries(RUNTIMES)) {
        for (const script of ['import-all.mjs', 'require.cjs', 'retry.mjs']) {
          const rights = runtime === 'Deno' && script === 'import-all.mjs' ? REACT_READS : [];
          await run(command[0]!, [...command.slice(1), ...rights, script], folder).catch((error: Error) =>
            faults.push(`${manager.name}, ${runtime}, ${script}: ${error.message}`),
          );
        }
      }
      console.log(`${manager.name.padEnd(10)}import, require() and a retry in ${Object.keys(RUNTIMES).join(', ')}`);
    } catch (error) {
      faults.push(`${manager.name}: ${(error as Error).message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return [...faults, ...(await checkOldKy())];
}

async function install({ manifest, settings, install }: Manager, folder: string): Promise<void> {
  const specs = Object.fromEntries(tarballs().map((file) => [nameOf(file), `file:${file}`]));
  const { dependencies, ...rest } = manifest(specs) as { dependencies: Record<string, string> };
  writeJson(folder, { type: 'module', private: true, dependencies: { ...dependencies, ky: '2.1.0' }, ...rest });
  for (const [file, text] of Object.entries(settings?.(specs) ?? {})) writeFileSync(join(folder, file), text);
  cpSync(join(ROOT, 'scripts/consumer'), folder, { recursive: true });
  writeFileSync(join(folder, 'import-all.mjs'), importAll());
  await run(install[0]!, install.slice(1), folder);
}

/** Of the packages that need no test runner, every entry. */
function importAll(): string {
  const packages = publicPackages().filter(({ folder }) => folder !== 'testing');
  const names = packages.flatMap(({ manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([, source]) => source.endsWith('.ts'))
      .map(([subpath]) => manifest.name + subpath.slice(1)),
  );
  return names.map((name) => `await import('${name}');\n`).join('');
}

/** With ky 1, npm does not install; where it is there nevertheless, the error says what is wrong. */
async function checkOldKy(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'steadfetch-ky-'));
  try {
    const specs = Object.fromEntries(tarballs().map((file) => [nameOf(file), `file:${file}`]));
    writeJson(folder, { type: 'module', private: true, dependencies: { ...specs, ky: '^1.14.0' } });
    const npm = ['install', '--no-audit', '--no-fund'];
    const refusal = await run('npm', npm, folder).catch((error: Error) => error.message);
    await run('npm', [...npm, '--legacy-peer-deps', '--silent'], folder);
    const use = `import { use } from '@steadfetch/ky';\nuse();\n`;
    writeFileSync(join(folder, 'use.mjs'), use);
    const error = await run('node', ['use.mjs'], folder).catch((error: Error) => error.message);
    console.log('ky 1      refused by npm, and by @steadfetch/ky');
    return [
      ...(/ERESOLVE/.test(refusal) && /peer ky@"\^2/.test(refusal) ? [] : [`npm does not refuse ky 1: ${refusal}`]),
      ...(/expected ky 2\.1 or newer, got ky 1/.test(error) ? [] : [`ky 1 is not named: ${error}`]),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeJson(folder: string, manifest: object): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
}

/** `steadfetch-retry-0.0.0.tgz` is `@steadfetch/retry`. */
function nameOf(tarball: string): string {
  const folder = basename(tarball).replace(/-\d+\.\d+\.\d+.*$/, '');
  const found = publicPackages().find(({ manifest }) => manifest.name.replace('@', '').replace('/', '-') === folder);
  if (!found) throw new Error(`${tarball} is no package of ours`);
  return JSON.parse(readFileSync(join(found.dir, 'package.json'), 'utf8')).name as string;
}
