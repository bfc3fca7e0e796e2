import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Limit {
  rate: number;
  burst: number;
  hint: 'none' | 'retry-after' | 'ratelimit';
}

export interface Measured {
  lost: number;
  /** Of all requests. */
  refused: number;
  /** Of the allowed rate. */
  share: number;
  /** The share of each process. */
  each: number[];
  /** Requests that came while the server had asked for silence. */
  early: number;
  /** Requests accepted by a time, to a tenth of a second. */
  progress: [seconds: number, accepted: number][];
}

/** Lets processes do jobs at a limited server. */
export async function measure(client: string, jobs: number, limit: Limit, processes = 1): Promise<Measured> {
  const { url, stop } = await startLimitedServer(limit);
  const allowed = [limit.rate / processes, limit.burst / processes].map(String);
  const started = Array.from({ length: processes }, () => start('work.ts', client, String(jobs), url, ...allowed));
  const results = (await Promise.all(started.map(firstLine))).map((line) => JSON.parse(line));
  const counts = await answer<Record<'accepted' | 'refused' | 'early' | 'span', number>>(`${url}/counts`);
  const progress = await answer<[tenths: number, accepted: number][]>(`${url}/progress`);
  stop();
  const { accepted, refused, early } = counts;
  const seconds = counts.span / 1_000;
  return {
    lost: results.reduce((sum, { done }) => sum + jobs - done, 0),
    refused: refused / (accepted + refused),
    share: accepted / seconds / limit.rate,
    each: results.map(({ done, seconds: own }) => done / own / limit.rate),
    early,
    progress: progress.map(([tenths, done]) => [tenths / 10, done]),
  };
}

/** A server in a process of its own. */
export async function startLimitedServer({ rate, burst, hint }: Limit): Promise<{ url: string; stop(): void }> {
  const server = start('limited-server.ts', String(rate), String(burst), hint);
  return { url: `http://127.0.0.1:${await firstLine(server)}`, stop: () => void server.kill() };
}

async function answer<T>(url: string): Promise<T> {
  return (await fetch(url)).json() as Promise<T>;
}

function start(file: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  while (!text.includes('\n')) text += String((await once(stdout!, 'data'))[0]);
  return text.split('\n')[0]!;
}
