import { each, pages, perSecond, workers } from '@steadfetch/bench/harm/arrivals';
import type { Reply, Seen, Server, Situation } from '@steadfetch/bench/harm/situation';
import type { Choice, Scene } from './scene.ts';

/** What the server did besides answering. */
export interface Effects {
  /** Orders that were placed more than once. */
  twice: number;
  readonly placed: Map<string, number>;
  readonly keys: Set<string>;
}

export function noEffects(): Effects {
  return { twice: 0, placed: new Map(), keys: new Set() };
}

/** The scene in the terms of the benchmark of everyday situations. */
export function situationOf({ server, load }: Scene, effects: Effects): Situation {
  const { lasts } = load as { lasts: number } & Choice;
  const { to, every } = server as unknown as { to: number; every: number };
  const over = to > 0 && to < lasts && every === 0 ? { over: to } : {};
  const post = load.method === 'POST' ? { method: 'POST', body: '{}' } : {};
  return {
    name: 'a server with trouble',
    lasts,
    ...over,
    calls: callsOf(load),
    ask: (index) => ({ path: pathOf(server, index, load.method === 'POST'), init: post }),
    server: () => serverOf(server, effects),
  };
}

function callsOf(load: Choice): Situation['calls'] {
  const { kind, lasts } = load as { kind: string; lasts: number };
  if (kind === 'workers') return workers(Number(load.workers));
  if (kind === 'bursts') return pages(Number(load.size), Number(load.every), lasts);
  const rate = Number(load.perSecond);
  return rate <= 5 ? each(1_000 / rate, lasts) : perSecond(rate, lasts);
}

/** If one path of three has trouble, it is the first. Each order has its own path. */
function pathOf(server: Choice, index: number, isOrder: boolean): string {
  const third = index % 3 === 0 ? 'reports' : 'items';
  return isOrder ? `/orders/${third}/${index}` : `/${third}/${server.paths === 'all paths' ? 1 : index % 10}`;
}

function serverOf(choice: Choice, effects: Effects): Server {
  const { latency, slowTo, retryAfter } = choice as unknown as Record<'latency' | 'slowTo' | 'retryAfter', number>;
  const hits = isHit(choice);
  const during = isDuring(choice);
  return (request) => {
    const after = slowTo > 0 && during(request.at) ? slowTo : latency;
    const isTrouble = hits(request);
    if (!isTrouble || choice.reply === 'lost' || choice.reply === 'slow') place(request, effects);
    if (!isTrouble) return { status: 200, after };
    if (choice.reply === 'slow') return { status: 200, after: slowTo || 10 * latency };
    return replyOf(String(choice.reply), { after, retryAfter });
  };
}

function isDuring({ from, to, every }: Choice): (at: number) => boolean {
  const end = Number(to) || Infinity;
  return (at) => {
    const place = Number(every) > 0 ? at % Number(every) : at;
    return place >= Number(from) && place < end;
  };
}

function isHit(choice: Choice): (request: Seen) => boolean {
  const during = isDuring(choice);
  let requests = 0;
  return ({ at, chance, path }) => {
    requests++;
    if (Number(choice.nth) > 0) return requests === choice.nth;
    if (choice.paths !== 'all paths' && !path.includes('reports')) return false;
    return during(at) && chance < Number(choice.share);
  };
}

function replyOf(kind: string, { after, retryAfter }: { after: number; retryAfter: number }): Reply {
  if (kind === 'hang') return kind;
  if (kind === 'reset' || kind === 'lost') return { error: 'ECONNRESET', after };
  if (kind === 'offline') return { error: 'ENETUNREACH', after: 1 };
  const headers: Record<string, string> = retryAfter > 0 ? { 'retry-after': String(retryAfter) } : {};
  return { status: Number(kind), headers, after };
}

/** The server honours an `Idempotency-Key`: it does not place an order with a known key again. */
function place({ path, method, headers }: Seen, effects: Effects): void {
  if (method !== 'POST') return;
  const key = headers.get('idempotency-key');
  if (key !== null && effects.keys.has(key)) return;
  if (key !== null) effects.keys.add(key);
  const placed = (effects.placed.get(path) ?? 0) + 1;
  effects.placed.set(path, placed);
  if (placed === 2) effects.twice++;
}
