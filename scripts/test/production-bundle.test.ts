import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { afterEach, expect, it, vi } from 'vitest';

const sourceOf = (name: string) =>
  JSON.stringify(fileURLToPath(new URL(`../../packages/${name}/src/index.ts`, import.meta.url)));

const MIDDLEWARE = `import { defineMiddleware } from ${sourceOf('core')}; globalThis.made = defineMiddleware((c, n) => n(c), 'x');`;
const RETRY = `import { retryWith, onStatus } from ${sourceOf('retry')}; globalThis.made = retryWith(onStatus(503));`;

afterEach(() => void vi.unstubAllEnvs());

/** A page that makes a middleware, as a bundler leaves it. */
async function bundled(mode: string, source: string): Promise<string> {
  vi.stubEnv('NODE_ENV', mode);
  const page = {
    name: 'page',
    resolveId: (id: string) => (id === 'page' ? id : null),
    load: (id: string) => (id === 'page' ? source : null),
  };
  const built = await build({
    mode,
    configFile: false,
    logLevel: 'error',
    plugins: [page],
    build: { write: false, rollupOptions: { input: 'page' } },
  });
  const { output } = built as Rolldown.RolldownOutput;
  return output.map((part) => ('code' in part ? part.code : '')).join('\n');
}

it('leaves the warnings about wrong orders out of a page in production', async () => {
  expect(await bundled('development', MIDDLEWARE)).toContain('stands outside');
  expect(await bundled('production', MIDDLEWARE)).not.toMatch(/stands outside|opens too late/);
});

it('leaves the events of an observer, the budget and the words for a developer out of a page that only retries', async () => {
  const page = await bundled('production', RETRY);

  expect(page).toContain('method-not-idempotent');
  expect(page).not.toMatch(/give-up|its retry budget is spent|expected a rule|each attempt gets a key/);
});
