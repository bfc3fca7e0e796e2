import { type Clock, type Fetch, onAbort, type Random } from '@steadfetch/core';
import { isRequest } from '@steadfetch/core/kit';
import { networkError, seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import type { Asked, Calls, Outcome, Reply, Seen, Server, Situation } from './situation.ts';

/** Builds the stack under test. */
export type Client = (fetch: Fetch, parts: { clock: Clock; random: Random }) => Fetch;

const START = Date.UTC(2025, 0, 1);
const ORIGIN = 'https://api.test';
/** The longest that a call may take, by the limit for the whole call that both stacks have. */
const WHOLE = 30_000;
/** What is still under way at the end is lived through for this long at the most. */
const PATIENCE = 120_000;

/** Lives through a situation behind a client, in virtual time; the same result each time for a seed. */
export async function live(situation: Situation, client: Client, seed: number): Promise<Outcome> {
  const time = new VirtualTime(START);
  const tally = new Tally(situation.over);
  const server = situation.server();
  const { step } = situation;
  const clock: Clock = {
    now: () => time.now() + (step && time.elapsed >= step.at ? step.by : 0),
    sleep: (ms, signal) => time.sleep(ms, signal),
  };
  const fetch = client(transport(server, { time, tally, seed }), { clock, random: seededRandom(seed + 1) });
  const calls = situation.calls(seededRandom(seed + 2));
  await play(situation, { calls, fetch, time, tally });
  return tally.outcome();
}

interface Stage {
  readonly calls: Calls;
  readonly fetch: Fetch;
  readonly time: VirtualTime;
  readonly tally: Tally;
}

async function play(situation: Situation, { calls, fetch, time, tally }: Stage): Promise<void> {
  const { lasts, most = Infinity, ask = () => ({ path: '/' }), judged = () => true } = situation;
  let index = 0;
  let open = 0;
  const call = async () => {
    const asked = ask(index++);
    const startedAt = time.elapsed;
    open++;
    const { ok, ms = WHOLE } = await settled(fetch, `${asked.path}?call=${index}`, { asked, time });
    open--;
    if (judged(asked)) tally.ended(ok ? ms : WHOLE, ok ? startedAt + ms : undefined);
  };
  const work = async () => {
    while (time.elapsed < lasts && index < most) {
      await call();
      await time.sleep(1);
    }
  };
  if ('at' in calls) for (const at of calls.at) time.at(at, () => void call());
  else for (let worker = 0; worker < calls.workers; worker++) time.at(worker, () => void work());
  await time.run(lasts);
  await time.run(lasts + PATIENCE, () => open === 0);
}

interface Ending {
  readonly ok: boolean;
  /** Until the answer was there. */
  readonly ms?: number;
}

async function settled(
  fetch: Fetch,
  path: string,
  { asked, time }: { asked: Asked; time: VirtualTime },
): Promise<Ending> {
  const startedAt = time.elapsed;
  try {
    const response = await fetch(`${ORIGIN}${path}`, asked.init);
    const ms = time.elapsed - startedAt;
    await response.text();
    return { ok: response.ok, ms };
  } catch {
    return { ok: false };
  }
}

function transport(server: Server, { time, tally, seed }: { time: VirtualTime; tally: Tally; seed: number }): Fetch {
  const sends = new Map<string, number>();
  return (input, init) => {
    const url = new URL(isRequest(input) ? input.url : String(input));
    const send = (sends.get(url.search) ?? 0) + 1;
    sends.set(url.search, send);
    const call = Number(url.searchParams.get('call'));
    const chance = seededRandom(seed * 1_000_003 + call * 101 + send)();
    const request = seen(input, init, { path: url.pathname, at: time.elapsed, chance });
    const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined);
    const close = tally.open();
    return new Promise<Response>((resolve, reject) => {
      const reply = server(request);
      const answer = () => {
        release();
        close();
        if (reply === 'hang') return;
        if ('error' in reply) reject(networkError(reply.error, ORIGIN));
        else resolve(responseOf(reply, time, request.path));
      };
      const due = reply === 'hang' ? undefined : time.after(reply.after ?? 20, answer);
      const release = onAbort(signal ?? undefined, (reason) => {
        if (due) due.run = undefined;
        close();
        reject(reason);
      });
    });
  };
}

function seen(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  more: Pick<Seen, 'path' | 'at' | 'chance'>,
): Seen {
  const request = isRequest(input) ? input : undefined;
  const headers = new Headers(init?.headers ?? request?.headers);
  return { ...more, method: init?.method ?? request?.method ?? 'GET', headers };
}

function responseOf(reply: Exclude<Reply, 'hang' | { error: string }>, time: VirtualTime, path: string): Response {
  const { status, headers = {}, pieces = 0, from = ORIGIN } = reply;
  const response = new Response(pieces > 0 ? piecesOf(pieces, time) : null, { status, headers });
  Object.defineProperty(response, 'url', { value: `${from}${path}` });
  return Object.defineProperty(response, 'redirected', { value: from !== ORIGIN });
}

function piecesOf(count: number, time: VirtualTime): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = count;
  return new ReadableStream({
    async pull(controller) {
      await time.sleep(1_000);
      controller.enqueue(new TextEncoder().encode('piece '));
      if (--left === 0) controller.close();
    },
  });
}

/** Counts what became of the calls. */
class Tally {
  readonly #over: number | undefined;
  readonly #durations: number[] = [];
  #ok = 0;
  #sent = 0;
  #open = 0;
  #mostOpen = 0;
  #back: number | undefined;

  constructor(over: number | undefined) {
    this.#over = over;
  }

  /** Returns what closes the connection; calling it twice is harmless. */
  open(): () => void {
    this.#sent++;
    this.#mostOpen = Math.max(this.#mostOpen, ++this.#open);
    let closed = false;
    return () => {
      if (!closed) this.#open--;
      closed = true;
    };
  }

  /** `at`: when the call succeeded, if it did. */
  ended(ms: number, at: number | undefined): void {
    this.#durations.push(ms);
    if (at === undefined) return;
    this.#ok++;
    if (this.#over !== undefined && at >= this.#over) this.#back = Math.min(this.#back ?? Infinity, at - this.#over);
  }

  outcome(): Outcome {
    const calls = this.#durations.length;
    return {
      calls,
      success: calls === 0 ? 0 : this.#ok / calls,
      p50: quantile(this.#durations, 0.5),
      p95: quantile(this.#durations, 0.95),
      back: this.#over === undefined ? undefined : (this.#back ?? Infinity),
      sentPerCall: calls === 0 ? 0 : this.#sent / calls,
      connections: this.#mostOpen,
    };
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
