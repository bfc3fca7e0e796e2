// What the entries weigh in a page: bundled, minified, and gzipped, with all they import.
//
//   node packages/bench/src/size/run.ts

import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { publish } from '../publish.ts';

/** What a page imports. Everything that is named is kept. */
const ENTRIES: readonly [name: string, ...imports: [names: string, from: string][]][] = [
  ['compose, defineMiddleware', ['compose, defineMiddleware', '@steadfetch/core']],
  ['retry', ['retry', '@steadfetch/retry']],
  ['retryWith, 3 rules', ['retryWith, maxRetries, onStatus, onNetworkError', '@steadfetch/retry']],
  [
    'retryWith, 7 rules',
    ['retryWith, maxRetries, onStatus, onNetworkError, onTimeout, backoff, maxDelay, budget', '@steadfetch/retry'],
  ],
  ['rateLimit', ['rateLimit', 'steadfetch']],
  ['timeout', ['timeout', 'steadfetch']],
  ['circuitBreaker', ['circuitBreaker', 'steadfetch']],
  ['idempotencyKey', ['idempotencyKey', 'steadfetch']],
  ['retryBudget', ['retryBudget', '@steadfetch/retry-budget']],
  ['compose, retry, timeout', ['compose, retry, timeout', 'steadfetch']],
  ['compose, retry, rateLimit', ['compose, retry, rateLimit', 'steadfetch']],
  ['standard', ['standard', 'steadfetch']],
  ['all of steadfetch', ['*', 'steadfetch']],
  ['ky with retry() hooks', ['ky', 'ky'], ['retry', '@steadfetch/ky']],
  ['ky', ['ky', 'ky']],
  ['fetch-retry', ['fetchRetry', 'fetch-retry']],
  ['fetch-extras withRetry', ['withRetry', 'fetch-extras']],
  ['fetch-extras withTimeout, withRateLimit, withRetry', ['withTimeout, withRateLimit, withRetry', 'fetch-extras']],
  ['p-retry', ['pRetry', 'p-retry']],
  ['cockatiel, retry and breaker', ['retry, circuitBreaker, ExponentialBackoff', 'cockatiel']],
  ['axios with axios-retry', ['axios', 'axios'], ['axiosRetry', 'axios-retry']],
];

const DEFAULTS = new Set(['ky', 'fetchRetry', 'pRetry', 'axios', 'axiosRetry']);

function sourceOf(imports: readonly [names: string, from: string][]): string {
  const clauses = imports.map(([names, from], index) => {
    if (names === '*') return `export * as all${index} from '${from}';`;
    return DEFAULTS.has(names) ? `export { default as ${names}${index} } from '${from}';` : renamed(names, from, index);
  });
  return clauses.join('\n');
}

function renamed(names: string, from: string, index: number): string {
  const parts = names.split(', ').map((name) => `${name} as ${name}${index}`);
  return `export { ${parts.join(', ')} } from '${from}';`;
}

async function bundle(source: string): Promise<string> {
  const build = await rolldown({
    input: 'entry',
    platform: 'browser',
    cwd: import.meta.dirname,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? `${import.meta.dirname}/entry.ts` : null),
        load: (id) => (id === `${import.meta.dirname}/entry.ts` ? source : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false });
  await build.close();
  return output[0].code;
}

const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(2);
const rows: string[][] = [];
for (const [name, ...imports] of ENTRIES) {
  const code = await bundle(sourceOf(imports));
  rows.push([name, kilobytes(Buffer.byteLength(code)), kilobytes(gzipSync(code, { level: 9 }).length)]);
}

publish({
  name: 'size',
  file: import.meta.filename,
  peers: ['ky', 'p-retry', 'fetch-extras', 'fetch-retry', 'cockatiel', 'axios', 'axios-retry', 'rolldown'],
  notes: ['Bundled for a browser with everything that is imported, minified by rolldown; thousands of bytes.'],
  head: ['entry', 'minified', 'gzipped'],
  rows,
});
