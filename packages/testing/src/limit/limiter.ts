/** The decision of a limit about one request. */
export interface Verdict {
  readonly allowed: boolean;
  /** Milliseconds until the next request would be allowed; 0 if one would be allowed now. */
  readonly wait: number;
  /** How many more requests would be allowed now. */
  readonly remaining: number;
  /** Milliseconds until the whole quota is available again. */
  readonly reset: number;
  /** Sets how long the request is in flight, for a limit on concurrency. */
  readonly occupy?: (ms: number) => void;
}

export interface Limit {
  readonly requests: number;
  /** The window, in milliseconds. */
  readonly per: number;
  readonly burst: number;
}

/** Decides about one request. Call it once per request, in the order in which requests come. */
type Limiter = (now: number) => Verdict;

export type LimitAlgorithm = 'token-bucket' | 'fixed-window' | 'sliding-window' | 'gcra' | 'concurrency';

export const LIMITERS: Readonly<Record<LimitAlgorithm, (limit: Limit) => Limiter>> = {
  'token-bucket': tokenBucket,
  'fixed-window': fixedWindow,
  'sliding-window': slidingWindow,
  gcra: tokenBucket, // GCRA and a token bucket make the same decisions
  concurrency,
};

/** Sums of fractions may be too small by this much. */
export const ROUNDING = 1e-9;

function tokenBucket({ requests, per, burst }: Limit): Limiter {
  const pace = requests / per;
  let tokens = burst;
  let last = 0;
  return (now) => {
    tokens = Math.min(burst, tokens + (now - last) * pace);
    last = now;
    const allowed = tokens > 1 - ROUNDING;
    if (allowed) tokens = Math.max(0, tokens - 1);
    const [wait, reset] = [Math.max(0, (1 - tokens) / pace), (burst - tokens) / pace];
    return { allowed, wait, remaining: left(tokens), reset };
  };
}

function fixedWindow({ requests, per }: Limit): Limiter {
  let window = 0;
  let used = 0;
  return (now) => {
    const current = Math.floor(now / per);
    if (current !== window) used = 0;
    window = current;
    const allowed = used < requests;
    if (allowed) used++;
    const reset = (window + 1) * per - now;
    return { allowed, wait: used < requests ? 0 : reset, remaining: left(requests - used), reset };
  };
}

function slidingWindow({ requests, per }: Limit): Limiter {
  const taken: number[] = [];
  return (now) => {
    while (taken.length > 0 && taken[0]! <= now - per) taken.shift();
    const allowed = taken.length < requests;
    if (allowed) taken.push(now);
    const wait = taken.length < requests ? 0 : taken[0]! + per - now;
    return { allowed, wait, remaining: left(requests - taken.length), reset: taken.at(-1)! + per - now };
  };
}

/** The wait that a refusal reports if no end of a request in flight is known. */
const DEFAULT_WAIT_MS = 1_000;

function concurrency({ requests }: Limit): Limiter {
  let ends: { at: number }[] = [];
  return (now) => {
    ends = ends.filter(({ at }) => at > now);
    const allowed = ends.length < requests;
    const mine = { at: Number.POSITIVE_INFINITY };
    if (allowed) ends.push(mine);
    const known = ends.map(({ at }) => at - now).filter(Number.isFinite);
    const wait = ends.length < requests ? 0 : known.length > 0 ? Math.min(...known) : DEFAULT_WAIT_MS;
    const occupy = (ms: number) => {
      mine.at = now + ms;
    };
    return { allowed, wait, remaining: left(requests - ends.length), reset: Math.max(0, ...known), occupy };
  };
}

function left(requests: number): number {
  return Math.max(0, Math.floor(requests + ROUNDING));
}
