import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { afterEach, expect, it, vi } from 'vitest';

const CORE = fileURLToPath(new URL('../../packages/core/src/index.ts', import.meta.url));

afterEach(() => void vi.unstubAllEnvs());

/** A page that makes a middleware, as a bundler leaves it. */
async function bundled(mode: string): Promise<string> {
  vi.stubEnv('NODE_ENV', mode);
  const page = {
    name: 'page',
    resolveId: (id: string) => (id === 'page' ? id : null),
    load: (id: string) =>
      id === 'page'
        ? `import { defineMiddleware } from ${JSON.stringify(CORE)}; globalThis.made = defineMiddleware((c, n) => n(c), 'x');`
        : null,
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
  expect(await bundled('development')).toContain('stands outside');
  expect(await bundled('production')).not.toMatch(/stands outside|opens too late/);
});
