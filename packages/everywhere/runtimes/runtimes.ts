// How each runtime is found and started.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Miniflare } from 'miniflare';
import { findChromium } from '../../../scripts/chromium.ts';
import { run } from '../../../scripts/run.ts';
import { RUNNER, SUITE } from './bundle.ts';
import type { Stage } from './stage.ts';

export interface Runtime {
  readonly name: string;
  /** Its program; undefined where it is not installed. */
  find(): string | undefined;
  /** How to get it. */
  readonly get: string;
  version(program: string): Promise<string>;
  /** Starts the suite in it. */
  start(program: string, stage: Stage): Promise<Started>;
}

export interface Started {
  /** Rejects when it has ended, or could not be started. */
  readonly ended: Promise<never>;
  end(): Promise<unknown>;
}

const HERE: string = join(import.meta.dirname, '../node_modules');
const INSTALL = 'npx -y pnpm@12.21.0 --dir packages/everywhere install';

const existing = (...paths: (string | undefined)[]) => paths.find((path) => path !== undefined && existsSync(path));

/** A runtime that has a command line. */
function onCommandLine(name: string, path: string, args: readonly string[] = []): Runtime {
  return {
    name,
    find: () => existing(join(HERE, path)),
    get: INSTALL,
    version: async (program) => /\d+\.\d+\.\d+/.exec(await run(program, ['--version']))![0],
    start: async (program, { place }) => start(program, [...args, RUNNER, place.origin, place.refused, name]),
  };
}

interface Browser {
  readonly get: string;
  find(): string | undefined;
  args(profile: string): string[];
}

function browser(name: string, { args, ...browser }: Browser): Runtime {
  return {
    name,
    ...browser,
    version: async (program) => /\d+\.\d+/.exec(await run(program, ['--version']))![0],
    start: async (program, stage) => {
      const profile = mkdtempSync(join(tmpdir(), `steadfetch-${name}-`));
      const { ended, end } = start(program, [...args(profile), stage.page(name)]);
      return {
        ended,
        end: () => end().finally(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 })),
      };
    },
  };
}

function start(program: string, args: readonly string[]): Started {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', process.env.RUNTIMES_STDERR ? 'inherit' : 'ignore'],
    timeout: 130_000, // one that does not end when it is told to
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`it ended by itself (${signal ?? code})`)));
  });
  const end = () => {
    child.kill();
    return ended.catch(() => {});
  };
  return { ended, end };
}

const chromium: Browser = {
  get: 'set CHROMIUM_PATH, or apt-get install chromium',
  find: findChromium,
  args: (profile) => ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`],
};

const firefox: Browser = {
  get: 'set FIREFOX_PATH, or apt-get install firefox-esr',
  find: () => existing(process.env.FIREFOX_PATH, '/usr/bin/firefox-esr', '/usr/bin/firefox'),
  args: (profile) => ['--headless', '--no-remote', '--profile', profile],
};

const workerd: Runtime = {
  name: 'workerd',
  find: () => existing(join(HERE, 'miniflare')),
  get: INSTALL,
  version: async (folder) =>
    (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version,
  start: async (_, { place }) => {
    const worker = `import { answerByCall, report } from './suite.mjs';
export default {
  async fetch(request, { self }) {
    if (new URL(request.url).search) return answerByCall(request);
    await report(${JSON.stringify(place)}, 'workerd', (url) => self.fetch(url));
    return new Response();
  },
};`;
    const miniflare = new Miniflare({
      name: 'suite',
      serviceBindings: { self: 'suite' },
      cf: false,
      handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
        stdout.resume();
        stderr.resume(); // it logs each failed connection
      },
      compatibilityDate: '2026-07-01',
      modules: [
        { type: 'ESModule', path: 'worker.mjs', contents: worker },
        { type: 'ESModule', path: 'suite.mjs', contents: readFileSync(SUITE, 'utf8') },
      ],
    });
    void miniflare.dispatchFetch('http://worker.invalid/').catch(() => {});
    return { ended: new Promise(() => {}), end: () => miniflare.dispose() };
  },
};

export const RUNTIMES: readonly Runtime[] = [
  onCommandLine('node20', 'node20/bin/node'),
  onCommandLine('node22', 'node22/bin/node'),
  onCommandLine('node24', '../../../node_modules/node/bin/node'),
  onCommandLine('node26', 'node26/bin/node'),
  onCommandLine('bun', '.bin/bun', ['run']),
  onCommandLine('deno', '.bin/deno', ['run', '--quiet', '--no-lock', '--no-remote', '--allow-net', '--allow-env']),
  workerd,
  browser('chromium', chromium),
  browser('firefox', firefox),
];
