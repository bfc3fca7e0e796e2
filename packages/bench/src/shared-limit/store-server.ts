import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A redis-server of our own, on a free port, which keeps nothing. */
export class StoreServer {
  readonly port: number;
  #child: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<StoreServer> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    const server = new StoreServer(port);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const dir = mkdtempSync(join(tmpdir(), 'shared-limit-'));
    const child = spawn('redis-server', [
      '--port',
      String(this.port),
      '--dir',
      dir,
      '--save',
      '',
      '--bind',
      '127.0.0.1',
    ]);
    child.on('error', () => {
      console.error('no redis-server: apt-get install -y redis-server');
      process.exit(1);
    });
    let text = '';
    while (!/ready to accept/i.test(text)) text += String((await once(child.stdout!, 'data'))[0]);
    this.#child = child;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
  }
}
