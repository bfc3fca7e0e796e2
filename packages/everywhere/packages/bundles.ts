// Bundles the packed packages for production with four bundlers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as replacing from '@rollup/plugin-replace';
import { build as esbuild } from 'esbuild';
import { type Plugin, rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';
import { run } from '../../../scripts/run.ts';
import { ROOT } from '../../../scripts/workspace.ts';
import { CONSUMER } from '../packed.ts';

type Bundle = (entry: string, outfile: string) => Promise<unknown>;

/** Its types describe a CommonJS module, which it is not here. */
const replace = replacing.default as unknown as (options: object) => Plugin;

const PRODUCTION = { 'process.env.NODE_ENV': '"production"' };

const BUNDLERS: Readonly<Record<string, Bundle>> = {
  esbuild: (entry, outfile) =>
    esbuild({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      minify: true,
      define: PRODUCTION,
      logLevel: 'error',
    }),
  rollup: async (entry, file) => {
    const plugins = [nodeResolve(), replace({ values: PRODUCTION, preventAssignment: true })];
    const bundle = await rollup({ input: entry, external: /^node:/, plugins, logLevel: 'silent' });
    await bundle.write({ file, format: 'esm' });
  },
  vite: (entry, outfile) =>
    vite({
      root: CONSUMER,
      configFile: false,
      logLevel: 'error',
      mode: 'production',
      define: PRODUCTION,
      ssr: { noExternal: true },
      build: {
        ssr: entry,
        outDir: join(CONSUMER, 'vite'),
        minify: true,
        rollupOptions: { output: { entryFileNames: outfile.split('/').at(-1)! } },
      },
    }),
  webpack: (entry, outfile) =>
    new Promise<void>((resolve, reject) => {
      const output = { path: join(CONSUMER, 'webpack'), filename: outfile.split('/').at(-1)! };
      webpack(
        { mode: 'production', target: 'node', context: CONSUMER, entry, output, performance: false },
        (error, stats) => {
          if (error || stats?.hasErrors()) reject(error ?? new Error(stats!.toString('errors-only')));
          else resolve();
        },
      );
    }),
};

/** Sentences and words that only help while a program is written. */
const WORDS = ['did you mean', 'passes calls through', 'backofflimit', 'cannot recognise'];

/** What is wrong with the bundles. */
export async function checkBundles(): Promise<string[]> {
  const app = join(CONSUMER, 'app.mjs');
  const bare = join(CONSUMER, 'bare.mjs');
  const typo = join(CONSUMER, 'typo.mjs');
  writeFileSync(app, readFileSync(join(ROOT, 'scripts/consumer/retry.mjs')));
  writeFileSync(bare, `import 'steadfetch';\nimport '@steadfetch/ky';\n`);
  // it prints the message alone: with an uncaught error Node prints the line too, which is the whole bundle, and a pipe may lose the rest
  const refused = 'try { standard({ retry: { maxRetrys: 3 } }); } catch ({ message }) { console.log(message); }';
  writeFileSync(typo, `import { standard } from 'steadfetch';\n${refused}\n`);
  const faults: string[] = await wordsThatAreNowhere(app);
  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    const fault = (text: string) => faults.push(`${name}: ${text}`);
    try {
      const code = await codeOf(name, bundle, app);
      const words = WORDS.filter((word) => code.includes(word));
      if (words.length > 0) fault(`words for development are left: ${words.join(', ')}`);
      await run('node', [fileOf(name, app)]);
      const nothing = await codeOf(name, bundle, bare);
      if (/steadfetch|fetch|retry/i.test(nothing)) fault(`a bare import leaves ${nothing.length} bytes`);
      await codeOf(name, bundle, typo);
      const message = await run('node', [fileOf(name, typo)]);
      if (!message.includes("unknown option 'maxRetrys'")) fault(`a misspelt option is not refused: ${message}`);
      console.log(
        `${name.padEnd(10)}${code.length} bytes, retries, says no word for development; a bare import is ${nothing.length} bytes`,
      );
    } catch (error) {
      fault((error as Error).message);
    }
  }
  return faults;
}

/** A word that no bundle for development has proves nothing. */
async function wordsThatAreNowhere(entry: string): Promise<string[]> {
  const { outputFiles } = await esbuild({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return WORDS.filter((word) => !outputFiles[0]!.text.includes(word)).map((word) => `no bundle has the word: ${word}`);
}

/** Where a bundle goes: two of them take a folder. */
function fileOf(bundler: string, entry: string): string {
  const extension = bundler === 'webpack' ? 'cjs' : 'mjs';
  return join(CONSUMER, bundler, entry.split('/').at(-1)!.replace(/mjs$/, extension));
}

async function codeOf(name: string, bundle: Bundle, entry: string): Promise<string> {
  const file = fileOf(name, entry);
  await bundle(entry, file);
  return readFileSync(file, 'utf8');
}
