// The server that the suite talks to: it plays scenes, tells what it saw, serves the page, and takes the results.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import {
  type FaultyServer,
  type RecordedRequest,
  type Reply,
  type ReplyObject,
  startServer,
} from '@steadfetch/testing';
import { SUITE } from './bundle.ts';
import type { Place, Step } from './scene.ts';
import type { Result } from './suite.ts';

export interface Stage {
  readonly place: Place;
  /** The page that runs the suite. */
  page(name: string): string;
  /** The results of a runtime, once it is through. */
  results(name: string): Promise<Result[]>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const played = new Map<string, number>();
  const buckets = new Map<string, { left: number; at: number }>();
  const reports = new Map<string, PromiseWithResolvers<Result[]>>();
  const reportOf = (name: string) => reports.get(name) ?? reports.set(name, Promise.withResolvers()).get(name)!;
  const refused = `http://127.0.0.1:${await closedPort()}/`;
  const server: FaultyServer = await startServer((request) => answer(request));

  function answer(request: RecordedRequest): Reply {
    const { pathname, searchParams } = new URL(request.url);
    const [, kind, id = ''] = pathname.split('/');
    if (kind === 'scene') return nextStep(id, JSON.parse(searchParams.get('script')!) as Step[]);
    if (kind === 'limited')
      return withinLimit(id) ? { delay: 30 } : { status: 429, headers: { 'retry-after': '1' }, delay: 30 };
    if (kind === 'seen') return { json: seenOf(id), headers: { 'cache-control': 'no-store' } };
    if (kind === 'suite.mjs') return file(readFileSync(SUITE), 'text/javascript');
    if (kind === 'page') return file(pageOf(id), 'text/html');
    if (kind === 'loop') return { status: 302, headers: { location: '/loop' } };
    if (kind === 'report') reportOf(id).resolve(JSON.parse(request.body) as Result[]);
    return 200;
  }

  function nextStep(id: string, script: readonly Step[]): ReplyObject {
    const place = played.get(id) ?? 0;
    played.set(id, place + 1);
    const { size, ...step } = script[Math.min(place, script.length - 1)]!;
    return { ...step, ...(size !== undefined && { body: 'x'.repeat(size) }) } as ReplyObject;
  }

  /** Whether a limit of twenty requests a second, of which five may come at once, has room for one more. */
  function withinLimit(id: string): boolean {
    const at = performance.now();
    const before = buckets.get(id) ?? { left: 5, at };
    const left = Math.min(5, before.left + (at - before.at) / 50);
    buckets.set(id, { left: left < 1 ? left : left - 1, at });
    return left >= 1;
  }

  function seenOf(id: string): object[] {
    const own = server.requests.filter(({ url }) => url.includes(`/scene/${id}?`));
    return own.map(({ method, body, headers }) => {
      return { method, body, key: headers.get('idempotency-key'), headers: Object.fromEntries(headers) };
    });
  }

  function pageOf(name: string): string {
    const place = JSON.stringify({ origin: server.origin, refused });
    return `<!doctype html><script type="module">
import { report } from '/suite.mjs';
await report(${place}, '${name}');
</script>`;
  }

  return {
    place: { origin: server.origin, refused },
    page: (name) => `${server.origin}/page/${name}`,
    results: (name) => reportOf(name).promise,
    close: () => server.close(),
  };
}

function file(body: string | Uint8Array, type: string): ReplyObject {
  return { body, headers: { 'content-type': type } };
}

/** A port that was free a moment ago. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
