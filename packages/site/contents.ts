// Which Markdown of the repository is on the site, in the order of its sidebar. A page of docs/ that is not named here
// stands under "More".
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { publicPackages, ROOT } from '../../scripts/workspace.ts';

export interface Section {
  readonly title: string;
  /** Files, from the root of the repository. */
  readonly files: readonly string[];
  readonly collapsed?: boolean;
}

const NAMED: readonly Section[] = [
  {
    title: 'Start',
    files: ['docs/getting-started.md', 'docs/what-can-go-wrong.md', 'docs/order.md', 'docs/comparison.md'],
  },
  {
    title: 'Guides',
    files: [
      'docs/recipes.md',
      'docs/recipes-server.md',
      'docs/recipes-apis.md',
      'docs/clients.md',
      'docs/retrying-safely.md',
      'docs/limits.md',
      'docs/shared-limits.md',
      'docs/front-ends.md',
      'docs/testing.md',
      'docs/writing-a-middleware.md',
    ],
  },
  {
    title: 'Questions',
    files: ['docs/faq.md', 'docs/errors.md', 'docs/events.md', 'docs/migration.md', 'docs/migration-python.md'],
  },
  {
    title: 'Packages',
    files: inOrder([
      'steadfetch',
      'retry',
      'rate-limit',
      'timeout',
      'retry-budget',
      'circuit-breaker',
      'idempotency-key',
      'concurrency',
      'buffer-body',
      'ky',
      'react',
      'query',
      'shared-limit',
      'redis',
      'retry-log',
      'otel',
      'backoff',
      'jitter',
      'server-hints',
      'core',
      'testing',
    ]).map((folder) => `packages/${folder}/README.md`),
  },
  {
    title: 'Evidence',
    files: [
      'docs/benchmarks.md',
      'docs/robustness.md',
      'docs/exceptions.md',
      'docs/attacks.md',
      'docs/transparency.md',
      'docs/runtimes.md',
      'packages/rate-limit/HOW.md',
      'docs/ablations.md',
      'docs/one-503.md',
    ],
  },
];

/** Folders of public packages in this order; those that are not named come last. */
function inOrder(folders: readonly string[]): string[] {
  const unnamed = publicPackages().filter(({ folder }) => !folders.includes(folder));
  return [...folders, ...unnamed.map(({ folder }) => folder)];
}

const LAST = ['docs/vocabulary.md', 'CONTRIBUTING.md', 'SECURITY.md'];

function filesIn(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT }).sort();
}

/** All sections; files that do not exist are left out. */
export function contents(): Section[] {
  const present = new Set(filesIn('{*,docs/*,packages/*/*}.md'));
  const named = NAMED.map((section) => ({ ...section, files: section.files.filter((file) => present.has(file)) }));
  const known = new Set(named.flatMap(({ files }) => files));
  const unnamed = filesIn('docs/*.md').filter((file) => !known.has(file) && !LAST.includes(file));
  return [
    ...named,
    { title: 'More', files: [...unnamed, ...LAST.filter((file) => present.has(file))] },
    { title: 'API', files: filesIn('docs/api/*.md'), collapsed: true },
    {
      title: 'Examples',
      files: filesIn('examples/*.ts').filter((file) => !file.includes('.config.')),
      collapsed: true,
    },
    { title: 'Decisions', files: filesIn('docs/decisions/*.md'), collapsed: true },
  ];
}

/** The path of a file's page on the site, without slashes at its ends. */
export function slugOf(file: string): string {
  if (file === 'README.md') return '';
  const bare = file.replace(/(\/README)?\.(md|ts)$/, '').toLowerCase();
  return bare.replace(/^docs\//, '');
}

/** Where the part before a colon would be the same for several pages. */
const LABELS: Readonly<Record<string, string>> = {
  'docs/recipes.md': 'Recipes: browser',
  'docs/recipes-server.md': 'Recipes: server',
  'docs/recipes-apis.md': 'Recipes: known APIs',
  'docs/migration-python.md': 'Migration from Python',
};

/** What the sidebar calls a page; its own title unless that is too long there. */
export function labelOf(file: string, title: string): string {
  if (/^packages\/[^/]+\/README\.md$/.test(file)) return title.replace('@steadfetch/', '');
  if (file.startsWith('docs/api/')) return basename(file, '.md');
  if (file.startsWith('docs/decisions/')) return title.replace(/^(\d{4})[.:] /, '$1 ');
  return LABELS[file] ?? title.replace(/: .*$/, '');
}
