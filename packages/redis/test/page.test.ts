import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { parseMarkdown } from '../../../scripts/markdown.ts';
import { describeServers } from './support/servers.ts';

const PAGE = new URL('../../../docs/shared-limits.md', import.meta.url);
const BEFORE = `globalThis.fetch = async () => new Response('ok');`;
const AFTER = `
for (;;) {
  await send('https://api.example.com/');
  process.send('called');
  await new Promise((resolve) => setTimeout(resolve, 20));
}`;

describeServers('the program of the page about shared limits, at', (start) => {
  it('goes on calling if the server is restarted', async () => {
    const server = await start();
    onTestFinished(() => server.kill());
    const next = run(server.port);

    expect(await next()).toBe('called');
    await server.restart();
    expect(await next()).toBe('called');
  });
});

it('the program of the page about shared limits calls if the server is away at the start', async () => {
  expect(await run(await closedPort())()).toBe('called');
});

/** Runs it with Redis at this port. Returns a function that waits for its next call, or for its end. */
function run(port: number): () => Promise<string> {
  const { code } = parseMarkdown(readFileSync(PAGE, 'utf8')).fences.find((fence) => fence.code.includes('redis://'))!;
  const program = `${BEFORE}\n${code.replace('6379', String(port))}\n${AFTER}`;
  const child = spawn(
    process.execPath,
    ['--conditions=@steadfetch/source', '--input-type=module-typescript', '-e', program],
    { cwd: new URL('../', import.meta.url), stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  onTestFinished(() => void child.kill());
  const ended = once(child, 'exit').then(() => 'ended');
  return () => Promise.race([once(child, 'message').then(([word]) => word), ended]);
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
