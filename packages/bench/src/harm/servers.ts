import type { Reply, Seen, Server } from './situation.ts';

export const OK: Reply = { status: 200 };

/** A refusal, with a `Retry-After` of so many seconds. */
export function refusal(status: number, seconds?: number): Reply {
  return { status, headers: seconds === undefined ? {} : { 'retry-after': String(seconds) } };
}

type MakeServer = () => Server;
type Choose = (request: Seen) => boolean;

/** Answers some requests in another way. */
export function except(choose: Choose, reply: Reply, otherwise: Server = () => OK): MakeServer {
  return () => (request) => (choose(request) ? reply : otherwise(request));
}

/** Answers a share of the requests in another way, by chance. */
export function sometimes(share: number, reply: Reply, otherwise: Server = () => OK): MakeServer {
  return () => (request) => (request.chance < share ? reply : otherwise(request));
}

export const between =
  (from: number, to: number): Choose =>
  ({ at }) =>
    at >= from && at < to;

export const under =
  (prefix: string): Choose =>
  ({ path }) =>
    path.startsWith(prefix);

/** Several instances behind a balancer that gives each request to one of them by chance. */
export function balanced(instances: number, instance: (index: number, request: Seen) => Reply): MakeServer {
  return () => (request) => instance(Math.floor(request.chance * instances), request);
}

/** A bucket of tokens: so many a second, so many at once. A refusal may tell in how many seconds there is a token. */
export function bucket(rate: number, burst: number, refusal: Reply | ((wait: number) => Reply)): MakeServer {
  return () => {
    let tokens = burst;
    let last = 0;
    return ({ at }) => {
      tokens = Math.min(burst, tokens + ((at - last) * rate) / 1_000);
      last = at;
      if (tokens < 1) return typeof refusal === 'function' ? refusal((1 - tokens) / rate) : refusal;
      tokens--;
      return OK;
    };
  };
}

/** Accepts so many requests in each window, and tells when the next one begins. */
export function windowOf(most: number, ms: number, after = 20): MakeServer {
  return () => {
    let left = most;
    let until = 0;
    return ({ at }) => {
      if (at >= until) [left, until] = [most, ms * (Math.floor(at / ms) + 1)];
      return --left >= 0 ? { status: 200, after } : refusal(429, Math.ceil((until - at) / 1_000));
    };
  };
}

/** Each path, credential, or whatever else of a request, has a server of its own. */
export function eachOf<Parts extends unknown[]>(
  name: (request: Seen) => string | null,
  make: (...parts: Parts) => Server,
): (...parts: Parts) => Server {
  return (...parts) => {
    const servers = new Map<string | null, Server>();
    return (request) => {
      const key = name(request);
      const own = servers.get(key) ?? make(...parts);
      servers.set(key, own);
      return own(request);
    };
  };
}

/** A service that can do so many requests a second. Refusing one costs it this share of answering it. */
export function narrow(capacity: number, cost: number, refusal: (chance: number) => Reply): MakeServer {
  return () => {
    let room = 10;
    let last = 0;
    return ({ at, chance }) => {
      room = Math.min(10, room + ((at - last) * capacity) / 1_000);
      last = at;
      const served = room >= 1;
      room = served ? room - 1 : Math.max(-10, room - cost);
      return served ? OK : refusal(chance);
    };
  };
}
