// A server on loopback with a limit: a token bucket that answers 429 once it is empty. In a process of its own, so that
// it keeps time while the client is busy. Prints its port.
//
//   node limited-server.ts RATE BURST HINT      HINT: none, retry-after, ratelimit

import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

const [rate, burst] = process.argv.slice(2, 4).map(Number) as [number, number];
const hint = process.argv[4] ?? 'retry-after';
let tokens = burst;
let last = performance.now();
let silentUntil = 0;
let span: [first: number, last: number] = [0, 0];
const counts = { accepted: 0, refused: 0, early: 0 };
const progress = new Map<number, number>(); // accepted by the end of each tenth of a second that accepted any

const server = createServer(({ url }, response) => {
  if (url === '/counts') return void response.end(JSON.stringify({ ...counts, span: span[1] - span[0] }));
  if (url === '/progress') return void response.end(JSON.stringify([...progress]));
  const now = performance.now();
  tokens = Math.min(burst, tokens + ((now - last) * rate) / 1_000);
  last = now;
  span = [span[0] || now, now];
  const headers: OutgoingHttpHeaders = hint === 'ratelimit' ? quota() : {};
  if (now < silentUntil) counts.early++;
  if (tokens >= 1) {
    tokens -= 1;
    counts.accepted++;
    progress.set(Math.ceil((now - span[0]) / 100), counts.accepted);
    response.writeHead(200, headers).end('ok');
    return;
  }
  counts.refused++;
  const seconds = Math.max(1, Math.ceil((1 - tokens) / rate));
  if (hint !== 'none') headers['retry-after'] = String(seconds);
  response.writeHead(429, headers).end('slow down');
  // what was in flight when the client was told is no fault of its own
  if (hint !== 'none') setTimeout(() => (silentUntil = now + seconds * 1_000), 100);
});

function quota(): OutgoingHttpHeaders {
  const window = Math.max(1, Math.round(burst / rate));
  const remaining = Math.max(0, Math.floor(tokens - 1));
  return {
    'ratelimit-policy': `"default";q=${burst};w=${window}`,
    ratelimit: `"default";r=${remaining};t=${Math.ceil((burst - tokens) / rate)}`,
  };
}

server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
