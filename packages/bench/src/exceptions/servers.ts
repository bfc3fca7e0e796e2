import { OK, refusal } from '../harm/servers.ts';
import type { Reply, Server } from '../harm/situation.ts';

/** Refuses what a bucket of tokens has no room for, and tells how long until it has. */
export function toldBucket(rate: number, burst: number): () => Server {
  return () => {
    let tokens = burst;
    let last = 0;
    return ({ at }): Reply => {
      tokens = Math.min(burst, tokens + ((at - last) * rate) / 1_000);
      last = at;
      if (tokens < 1) return refusal(429, Math.ceil((1 - tokens) / rate));
      tokens--;
      return OK;
    };
  };
}

/** Fails a share of the requests by chance, at once. */
export function failing(share: number): Server {
  return ({ chance }) => (chance < share ? { status: 503, after: 5 } : { status: 200, after: 100 });
}
