import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { msw } from 'msw/vite';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { builtPackages } from './scripts/built-packages.ts';
import { findChromium } from './scripts/chromium.ts';

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** No test waits that long: this is for machines that are busy with something else. */
const PATIENCE = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } };

const chromium = findChromium();
const projects: TestProjectConfiguration[] = [
  {
    extends: true, // has the `plugins` of the root, too
    test: {
      ...PATIENCE,
      name: 'node',
      environment: 'node',
      pool: 'forks', // a time zone can be set per process, not per thread
      isolate: false, // a process and its modules per file take half of the time
      setupFiles: 'packages/search-tests/test/support/seed.ts',
      include: [
        'packages/*/test/**/*.test.ts',
        'examples/test/**/*.test.ts',
        'scripts/test/**/*.test.ts',
        'docs/test/**/*.test.ts',
      ],
      exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
    },
  },
  {
    test: {
      name: 'types',
      include: [],
      typecheck: {
        enabled: true,
        only: true,
        include: ['packages/*/test/**/*.test-d.ts'],
        tsconfig: './tsconfig.json',
      },
    },
  },
];

if (chromium) {
  projects.push({
    plugins: [msw({ mode: 'worker-only' })], // serves /mockServiceWorker.js from the installed msw
    optimizeDeps: {
      include: ['msw', 'msw/http', 'msw/browser', 'ky', 'steadfetch > @steadfetch/retry > p-retry'],
    },
    test: {
      ...PATIENCE,
      name: 'browser',
      include: ['packages/*/test/**/*.browser.test.ts', 'examples/test/**/*.browser.test.ts'],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath: chromium, args: CHROMIUM_ARGS } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  });
} else if (process.env.CI) {
  throw new Error('no Chromium found: set CHROMIUM_PATH or install chromium');
} else {
  console.warn('no Chromium found (set CHROMIUM_PATH): browser tests skipped');
}

export default defineConfig(({ mode }) => ({
  plugins: mode === 'built' ? [builtPackages()] : [],
  test: {
    maxWorkers: availableParallelism() + 1, // some files wait for processes, browsers and timers; one less is the default
    maxConcurrency: 3, // of tests that start a process each
    reporters: ['default', './scripts/plain-reporter.ts'],
    coverage: {
      // takes a third of the time: in CI, where all tests run, and with --coverage; gates of some tests have modes
      enabled: Boolean(process.env.CI) && mode === 'test',
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['packages/bench/**', 'packages/playground/**'],
      thresholds: { lines: 99.9, branches: 99.5 },
      reporter: [['text', { skipFull: true }], 'json-summary'],
    },
    projects,
  },
}));
