// Eight processes call one API that allows 100 requests a second. They share the limit through a Redis, which this
// program starts. Each line shows the requests of each process in a second, and their sum: after five seconds just
// under 100, in equal shares. A few requests are refused before: from these the processes learn the limit.
//
//   pnpm example shared-limit [SECONDS]

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const seconds = Number(process.argv[2] ?? 20);
const PROCESSES = 8;
let tokens = 20;
let filledAt = performance.now();
let refused = 0;

const api = createServer((_, response) => {
  const now = performance.now();
  tokens = Math.min(20, tokens + (now - filledAt) / 10);
  filledAt = now;
  if (tokens >= 1) {
    tokens--;
    response.end('ok');
  } else {
    refused++;
    response.writeHead(429, { 'retry-after': '1' }).end();
  }
}).listen(0, '127.0.0.1');
await once(api, 'listening');
const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/`;

const port = String(20_000 + Math.floor(20_000 * Math.random()));
const redis = spawn('redis-server', ['--port', port, '--save', '', '--dir', tmpdir(), '--bind', '127.0.0.1']);
redis.on('error', () => {
  console.error('This example needs redis-server: apt-get install redis-server, or brew install redis');
  process.exit(1);
});
await once(redis.stdout, 'data');

const sent: number[] = Array.from({ length: PROCESSES }, () => 0);
const workers: ChildProcess[] = sent.map((_, n) =>
  fork(join(import.meta.dirname, 'worker.ts'), [url, port]).on('message', () => sent[n]!++),
);
await Promise.all(workers.map((worker) => once(worker, 'message'))); // each process reports that it is ready
sent.fill(0);
for (const worker of workers) worker.send('begin');
console.log(`second |${sent.map((_, n) => `    ${n + 1}`).join('')} | together | refused`);
for (let second = 1; second <= seconds; second++) {
  await sleep(1_000);
  const each = sent.map((count) => String(count).padStart(5)).join('');
  const sum = String(sent.reduce((a, b) => a + b, 0)).padStart(8);
  console.log(`${String(second).padStart(6)} |${each} | ${sum} | ${String(refused).padStart(7)}`);
  sent.fill(0);
  refused = 0;
}
for (const one of [...workers, redis]) one.kill();
api.close();
api.closeAllConnections();
