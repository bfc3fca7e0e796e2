// Packs all public packages and tries them as their users will: installed in an empty project, from a registry on this machine, with
// the snippets of the READMEs run against a server that fails first, and with what docs/getting-started.md says. Then publishes
// exactly these tarballs, with provenance.
//
//   pnpm release --dry       all but the publishing
//   pnpm release             for the release workflow; refuses while an address of scripts/project.ts leads nowhere

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Registry, startRegistry } from './local-registry.ts';
import { parseMarkdown } from './markdown.ts';
import { checkNewcomer } from './newcomer.ts';
import { pack } from './packed.ts';
import { HOMEPAGE, isPlaceholder, REPOSITORY } from './project.ts';
import { run } from './run.ts';
import { publicPackages, ROOT } from './workspace.ts';

/** Their snippets are programs that call https://api.example.com once or more. */
const READMES = ['README.md', 'packages/steadfetch/README.md', 'packages/ky/README.md'];
const LIBRARIES = ['ky'];

const dry = process.argv.includes('--dry');
if (!dry) {
  for (const url of [REPOSITORY, HOMEPAGE]) {
    if (isPlaceholder(url)) throw new Error(`release: ${url} leads nowhere: set it in scripts/project.ts`);
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'steadfetch-release-'));
try {
  await run('node', ['scripts/build.ts']);
  const tarballs = pack(join(temporary, 'tarballs'));
  const faults = tarballs.flatMap(faultsOfTarball);
  const registry = await startRegistry(tarballs);
  try {
    faults.push(...(await tryInEmptyProject(registry)), ...(await checkNewcomer(registry, temporary)));
  } finally {
    await registry.close();
  }
  for (const fault of faults) console.error(fault);
  console.log(`release: ${tarballs.length} packages, ${faults.length} faults`);
  process.exitCode = Math.min(faults.length, 1);
  if (!dry && faults.length === 0) publish(tarballs);
} finally {
  rmSync(temporary, { recursive: true });
}

/** What must be in each tarball, and what must not. */
function faultsOfTarball(tarball: string): string[] {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n');
  const manifest = readIn(tarball, 'package.json');
  const { links } = parseMarkdown(readIn(tarball, 'README.md'));
  return [
    ...['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']
      .filter((file) => !files.includes(`package/${file}`))
      .map((file) => `no ${file}`),
    ...(manifest.includes('workspace:') ? ['package.json says "workspace:"'] : []),
    ...(/"\.\/src\//.test(manifest) ? ['package.json leads to src'] : []),
    ...links
      .filter(({ target }) => !/^(https?:|#)/.test(target))
      .map(({ target }) => `README.md links to ${target}, which npm does not have`),
  ].map((fault) => `${tarball.split('/').at(-1)}: ${fault}`);
}

async function tryInEmptyProject({ url }: Registry): Promise<string[]> {
  const project = join(temporary, 'empty');
  mkdirSync(project);
  cpSync(join(ROOT, 'scripts/consumer/failing-first.mjs'), join(project, 'failing-first.mjs'));
  const names = publicPackages().map(({ manifest }) => manifest.name);
  const env = { ...process.env, npm_config_registry: url, npm_config_cache: join(temporary, 'cache') };
  const options = ['--no-audit', '--no-fund', '--silent'];
  await run('npm', ['install', ...options, ...names, ...LIBRARIES], project, env);
  console.log(`installed ${names.length} packages in an empty project`);
  const faults: string[] = [];
  for (const page of READMES) {
    const snippets = parseMarkdown(readFileSync(join(ROOT, page), 'utf8')).fences.filter(
      ({ language }) => language === 'ts',
    );
    for (const { code, line } of snippets) {
      const file = `${page.replaceAll(/\W/g, '-')}-${line}.mts`;
      writeFileSync(join(project, file), code);
      const runs = run('node', ['--import', './failing-first.mjs', file], project);
      await runs.catch(({ message }: Error) => faults.push(`${page}:${line}: ${message}`));
    }
    console.log(`${page}: ${snippets.length} snippets run`);
  }
  return faults;
}

/** Those that are not there yet; then one tag for each, which the workflow pushes. */
function publish(tarballs: readonly string[]): void {
  for (const tarball of tarballs) {
    const { name, version } = JSON.parse(readIn(tarball, 'package.json')) as { name: string; version: string };
    const { status } = spawnSync('npm', ['view', `${name}@${version}`, 'version', '--json']);
    if (status === 0) console.log(`${name}@${version} is published already`);
    else execFileSync('npm', ['publish', tarball, '--access', 'public', '--provenance'], { stdio: 'inherit' });
  }
  execFileSync('changeset', ['tag'], { cwd: ROOT, stdio: 'inherit' });
}

function readIn(tarball: string, file: string): string {
  return execFileSync('tar', ['-xzOf', tarball, `package/${file}`], { encoding: 'utf8' });
}
