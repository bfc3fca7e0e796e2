// A registry on this machine: it serves the tarballs of our packages, and of other libraries what this workspace has installed. So
// that `npm install steadfetch` works before anything is published, and without network.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from './workspace.ts';

interface Published {
  readonly manifest: Manifest;
  readonly tarball: Buffer;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Record<string, string>;
}

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `tarballs`, and the libraries of this workspace as they are installed. */
export async function startRegistry(tarballs: readonly string[]): Promise<Registry> {
  const own = new Map(tarballs.map((file) => publishedFrom(readFileSync(file))).map((one) => [one.manifest.name, one]));
  const packages = new Map<string, Published | undefined>();
  const find = (name: string): Published | undefined => {
    if (!packages.has(name)) packages.set(name, own.get(name) ?? installed(name));
    return packages.get(name);
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const [name = '', file] = path.split('/-/');
    const found = find(name);
    response.statusCode = found ? 200 : 404;
    if (!found) response.end('{"error":"not found"}');
    else if (file) response.end(found.tarball);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(packument(found, url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url, close };
}

function publishedFrom(tarball: Buffer): Published {
  const text = execFileSync('tar', ['-xzOf', '-', 'package/package.json'], { input: tarball, encoding: 'utf8' });
  return { manifest: JSON.parse(text) as Manifest, tarball };
}

/** A library that this workspace has, packed; its optional parts for other machines are left out. */
function installed(name: string): Published | undefined {
  const [folder] = globSync(`node_modules/.pnpm/*/node_modules/${name}/package.json`, { cwd: ROOT }).filter((path) =>
    path.startsWith(`node_modules/.pnpm/${name.replace('/', '+')}@`),
  );
  if (folder === undefined || !/^(@[\w.-]+\/)?[\w.-]+$/.test(name)) return undefined;
  const dir = join(ROOT, folder, '..');
  const out = mkdtempSync(join(tmpdir(), 'steadfetch-registry-'));
  try {
    const filter = (path: string) => !path.slice(dir.length).startsWith('/node_modules');
    cpSync(dir, join(out, 'package'), { recursive: true, dereference: true, filter });
    const tar = execFileSync('tar', ['-cf', '-', '-C', out, 'package'], { maxBuffer: 500_000_000 });
    const { optionalDependencies, ...manifest } = JSON.parse(
      readFileSync(join(dir, 'package.json'), 'utf8'),
    ) as Manifest;
    const beside = join(dir, ...name.split('/').map(() => '..'));
    const present = Object.entries(optionalDependencies ?? {}).filter(([library]) => existsSync(join(beside, library)));
    const parts = { optionalDependencies: Object.fromEntries(present) };
    return { manifest: { ...manifest, ...parts }, tarball: gzipSync(tar, { level: 1 }) };
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** What a registry says of a package that has one version, published long ago. */
function packument({ manifest, tarball }: Published, url: string): object {
  const { name, version } = manifest;
  const dist = {
    tarball: `${url}/${name}/-/${name.replace(/^@[^/]+\//, '')}-${version}.tgz`,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
  };
  const at = '2025-01-01T00:00:00.000Z';
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
    time: { created: at, modified: at, [version]: at },
  };
}
