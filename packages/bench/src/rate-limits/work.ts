// Does jobs at a server with one client, forty at a time, and prints what came of it.
//
//   node work.ts CLIENT JOBS URL RATE BURST      the last two are for an oracle

import { CLIENTS } from './clients.ts';

const WORKERS = 40;
const [name, jobs, url, rate, burst] = process.argv.slice(2) as [string, string, string, string, string];
const client = await CLIENTS[name]!({ rate: Number(rate), burst: Number(burst) });
let [next, done] = [0, 0];

const start = performance.now();
await Promise.all(Array.from({ length: WORKERS }, worker));
console.log(JSON.stringify({ done, seconds: (performance.now() - start) / 1_000 }));
process.exit();

async function worker(): Promise<void> {
  while (next++ < Number(jobs)) if ((await client(url).catch(() => 0)) === 200) done++;
}
