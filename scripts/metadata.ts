// Writes what all manifests of public packages share, from scripts/project.ts: addresses, author, keywords. And holds them to what a
// published package needs: bounded peers, `workspace:^` among ourselves, no side effects, a license.
//
//   pnpm metadata              writes the manifests
//   pnpm check:metadata        fails where one is out of date

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTHOR, HOMEPAGE, REPOSITORY } from './project.ts';
import { type Package, publicPackages } from './workspace.ts';

type Fields = Record<string, unknown>;

const KEYWORDS = ['fetch', 'middleware', 'retry', 'resilience'];

/** What each package is looked for by, besides the words of all. */
const OWN_KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  backoff: ['backoff', 'exponential-backoff', 'delay'],
  'buffer-body': ['body', 'truncated', 'content-length'],
  'circuit-breaker': ['circuit-breaker', 'breaker'],
  concurrency: ['concurrency', 'bulkhead', 'queue'],
  core: ['compose', 'http'],
  'idempotency-key': ['idempotency', 'idempotency-key', 'post'],
  jitter: ['jitter', 'backoff'],
  ky: ['ky', 'hooks', 'backoff', 'retry-after'],
  otel: ['opentelemetry', 'tracing', 'metrics'],
  query: ['tanstack-query', 'react-query'],
  'rate-limit': ['rate-limit', '429', 'throttle', 'retry-after'],
  react: ['react', 'hooks', 'toast'],
  redis: ['redis', 'valkey', 'rate-limit', 'distributed'],
  retry: ['backoff', 'retry-after', '429', '503', 'idempotent'],
  'retry-budget': ['retry-budget', 'retry-storm', 'backoff'],
  'retry-log': ['logging', 'metrics'],
  'server-hints': ['retry-after', 'ratelimit', 'headers', 'parser'],
  'shared-limit': ['rate-limit', 'distributed', 'broadcastchannel'],
  steadfetch: ['backoff', 'jitter', 'rate-limit', '429', 'retry-after', 'circuit-breaker', 'timeout', 'ky'],
  testing: ['testing', 'mock', 'flaky', 'msw', 'simulation'],
  timeout: ['timeout', 'deadline', 'abort'],
};

const ORDER = [
  'name',
  'version',
  'private',
  'description',
  'keywords',
  'homepage',
  'bugs',
  'repository',
  'license',
  'author',
];

/** The manifest of a package as it should be. */
export function withMetadata({ folder, manifest }: Package): Fields {
  const fields: Fields = {
    ...manifest,
    keywords: [...KEYWORDS, ...(OWN_KEYWORDS[folder] ?? [folder])],
    homepage: `${HOMEPAGE}packages/${folder}/`,
    bugs: `${REPOSITORY}/issues`,
    repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory: `packages/${folder}` },
    license: 'MIT',
    author: AUTHOR,
    dependencies: withCarets(manifest.dependencies),
  };
  const known = ORDER.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]);
  const rest = Object.entries(fields).filter(([name, value]) => !ORDER.includes(name) && value !== undefined);
  return Object.fromEntries([...known, ...rest]);
}

/** Published as `^0.1.0`: a repair of one package reaches those who have another. */
function withCarets(dependencies: Record<string, string> | undefined): Record<string, string> | undefined {
  if (dependencies === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => [name, range.replace(/^workspace:.*/, 'workspace:^')]),
  );
}

/** What a script cannot repair. */
export function faultsOf({ folder, manifest }: Package): string[] {
  const { peerDependencies = {}, description, sideEffects, files, engines } = manifest as Package['manifest'] & Fields;
  const unbounded = Object.entries(peerDependencies).filter(([, range]) => !/^[\^~]\d|<\s*\d/.test(range));
  return [
    ...unbounded.map(([name, range]) => `the peer ${name} has no upper bound: ${range}`),
    ...(sideEffects === false ? [] : ['"sideEffects" is not false']),
    ...(Array.isArray(files) && files.includes('dist') ? [] : ['"files" has no dist']),
    ...(engines ? [] : ['no "engines"']),
    ...(typeof description === 'string' && description.endsWith('.') ? [] : ['"description" is not a sentence']),
  ].map((fault) => `packages/${folder}/package.json: ${fault}`);
}

if (import.meta.main) {
  const check = process.argv.includes('--check');
  const packages = publicPackages();
  const faults = packages.flatMap(faultsOf);
  let changed = 0;
  for (const one of packages) {
    const path = join(one.dir, 'package.json');
    const wanted = `${JSON.stringify(withMetadata(one), null, 2)}\n`;
    if (readFileSync(path, 'utf8') === wanted) continue;
    changed++;
    if (check) faults.push(`packages/${one.folder}/package.json: fields differ, run pnpm metadata`);
    else writeFileSync(path, wanted);
  }
  for (const fault of faults) console.error(fault);
  console.log(`${packages.length} manifests, ${changed} ${check ? 'out of date' : 'written'}, ${faults.length} faults`);
  process.exitCode = Math.min(faults.length, 1);
}
