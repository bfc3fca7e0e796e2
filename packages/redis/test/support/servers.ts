import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, it } from 'vitest';

const KINDS = ['redis-server', 'valkey-server'] as const;

export interface StoreServer {
  readonly port: number;
  /** A client that fails at once if the server is away. */
  connect(): Redis;
  kill(): Promise<void>;
  /** Starts again, empty, on the same port. */
  restart(): Promise<void>;
}

/** Describes something once for each server that is installed. In CI both must be, unless STORES_UNAVAILABLE says that they cannot. */
export function describeServers(name: string, body: (start: () => Promise<StoreServer>) => void): void {
  for (const kind of KINDS) {
    const isInstalled = spawnSync(kind, ['--version']).status === 0;
    if (!isInstalled && process.env.CI && !process.env.STORES_UNAVAILABLE)
      throw new Error(`no ${kind}: apt-get install -y ${kind}`);
    if (!isInstalled) it.skip(`${name}, ${kind}: not installed, apt-get install -y ${kind}`);
    else describe(`${name}, ${kind}`, () => body(() => startServer(kind)));
  }
}

async function startServer(kind: (typeof KINDS)[number]): Promise<StoreServer> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'limit-store-'));
  const clients: Redis[] = [];
  let child = await launch(kind, port, dir);
  const kill = () => stopped(child);
  return {
    port,
    connect() {
      const client = new Redis({ port, lazyConnect: false, enableOfflineQueue: true, retryStrategy: () => 50 });
      client.on('error', () => {}); // the server is stopped on purpose
      clients.push(client);
      return client;
    },
    async kill() {
      for (const client of clients) client.disconnect();
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
    async restart() {
      await kill();
      child = await launch(kind, port, dir);
    },
  };
}

async function launch(kind: string, port: number, dir: string): Promise<ChildProcess> {
  const child = spawn(kind, [
    '--port',
    String(port),
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
    '--bind',
    '127.0.0.1',
  ]);
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${kind} stopped`)));
    child.stdout!.on('data', (text) => /ready to accept connections/i.test(String(text)) && resolve());
  });
  return child;
}

function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
