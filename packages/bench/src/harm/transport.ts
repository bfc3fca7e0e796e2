import { type Fetch, onAbort, type Random } from '@steadfetch/core';
import { isRequest } from '@steadfetch/core/kit';
import { networkError, seededRandom, type VirtualTime } from '@steadfetch/testing/simulation';
import type { Reply, Seen, Server } from './situation.ts';
import type { Tally } from './tally.ts';

export const ORIGIN = 'https://api.test';

export interface Network {
  readonly time: VirtualTime;
  readonly tally: Tally;
  readonly seed: number;
  /** How long a request or an answer travels, in milliseconds. */
  readonly travel?: (random: Random) => number;
}

/** Makes the plain `fetch` of a client, by its index. */
export function transport(server: Server, network: Network): (client: number) => Fetch {
  const { time, tally, seed, travel } = network;
  const sends = new Map<string, number>();
  const onTheWay = seededRandom(seed * 15_485_863 + 3);
  return (client) => (input, init) => {
    const url = new URL(isRequest(input) ? input.url : String(input));
    const send = (sends.get(url.search) ?? 0) + 1;
    sends.set(url.search, send);
    const call = Number(url.searchParams.get('call'));
    const chance = seededRandom(seed * 1_000_003 + call * 101 + send)();
    const sent = { path: url.pathname, chance, client, send };
    const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined);
    const close = tally.open();
    return new Promise<Response>((resolve, reject) => {
      let aborted = false;
      const arrive = () => {
        const reply = server(seen(input, init, { ...sent, at: time.elapsed }));
        if (reply === 'hang') return;
        const back = travel ? travel(onTheWay) : 0;
        time.after((reply.after ?? 20) + back, () => {
          if (aborted) return;
          release();
          close();
          if ('error' in reply) reject(networkError(reply.error, ORIGIN));
          else resolve(responseOf(reply, time, url));
        });
      };
      const release = onAbort(signal ?? undefined, (reason) => {
        aborted = true;
        close();
        reject(reason);
      });
      if (travel) time.after(travel(onTheWay), arrive);
      else arrive();
    });
  };
}

function seen(input: RequestInfo | URL, init: RequestInit | undefined, more: Omit<Seen, 'method' | 'headers'>): Seen {
  const request = isRequest(input) ? input : undefined;
  const headers = new Headers(init?.headers ?? request?.headers);
  return { ...more, method: init?.method ?? request?.method ?? 'GET', headers };
}

function responseOf(
  reply: Exclude<Reply, 'hang' | { error: string }>,
  time: VirtualTime,
  { origin, pathname }: URL,
): Response {
  const { status, headers = {}, pieces = 0, from = origin } = reply;
  const response = new Response(pieces > 0 ? piecesOf(pieces, time) : null, { status, headers });
  Object.defineProperty(response, 'url', { value: `${from}${pathname}` });
  return Object.defineProperty(response, 'redirected', { value: from !== origin });
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
