// How each runtime is found and started.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
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
  /** The arguments by which it finds a screen, where it needs one. */
  display?(): Promise<string[]>;
  args(profile: string): string[];
}

function browser(name: string, { args, display = async () => [], ...browser }: Browser): Runtime {
  return {
    name,
    ...browser,
    version: async (program) => /\d+\.\d+/.exec(await run(program, [...(await display()), '--version']))![0],
    start: async (program, stage) => {
      const shown = await display();
      const profile = mkdtempSync(join(tmpdir(), `steadfetch-${name}-`));
      const { ended, end } = start(program, [...shown, ...args(profile), stage.page(name)], { HOME: profile });
      return {
        ended,
        end: () => end().finally(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 })),
      };
    },
  };
}

function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', process.env.RUNTIMES_STDERR ? 'inherit' : 'ignore'],
    env: { ...process.env, ...env },
    timeout: 130_000, // for one that goes on after `kill()`
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

/** The browser that WebKitGTK brings. */
const webkit: Browser = {
  get: 'apt-get install libwebkit2gtk-4.1-0 xvfb, or set WEBKIT_PATH to a MiniBrowser',
  find: () => existing(XVFB) && existing(process.env.WEBKIT_PATH, ...MINI_BROWSERS),
  display: async () => {
    screen ??= openScreen();
    return [`--display=${await screen}`];
  },
  args: () => ['--private'],
};

const XVFB = '/usr/bin/Xvfb';

const MINI_BROWSERS: string[] = ['x86_64', 'aarch64'].map(
  (processor) => `/usr/lib/${processor}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
);

/** A virtual screen for a browser without a headless mode, until the suite ends. Xvfb chooses a number that is free. */
let screen: Promise<string> | undefined;

async function openScreen(): Promise<string> {
  const server = spawn(XVFB, ['-displayfd', '3', '-noreset'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  process.once('exit', () => server.kill());
  const number = (await text(server.stdio[3] as Readable)).trim();
  if (number === '') throw new Error('Xvfb does not start');
  return `:${number}`;
}

const workerd: Runtime = {
  name: 'workerd',
  find: () => existing(join(HERE, 'miniflare')),
  get: INSTALL,
  version: async (folder) =>
    (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version,
  start: async (_, { place }) => {
    const worker = `import { answerByCall, report } from './suite.mjs';
export default {
  async fetch(request, { self, old }) {
    if (new URL(request.url).search) return answerByCall(request);
    const servers = { '': (url) => self.fetch(url), ', without a compatibility date': (url) => old.fetch(url) };
    await report(${JSON.stringify(place)}, 'workerd', servers);
    return new Response();
  },
};`;
    const modules = [
      { type: 'ESModule' as const, path: 'worker.mjs', contents: worker },
      { type: 'ESModule' as const, path: 'suite.mjs', contents: readFileSync(SUITE, 'utf8') },
    ];
    const miniflare = new Miniflare({
      cf: false,
      handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
        stdout.resume();
        stderr.resume(); // it logs each failed connection
      },
      workers: [
        {
          name: 'suite',
          compatibilityDate: '2026-07-01',
          serviceBindings: { self: 'suite', old: 'old' },
          modules,
        },
        { name: 'old', compatibilityDate: '2021-11-02', modules }, // what is taken where none is given
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
  browser('webkit', webkit),
];
