import type { Answer, Server } from './simulate.ts';

type Hint = 'none' | 'whole-seconds' | 'exact' | 'ratelimit';

const refuse = (hint: Hint, ms: number): Answer =>
  hint === 'none'
    ? { ok: false }
    : { ok: false, wait: hint === 'exact' ? ms : Math.max(1, Math.ceil(ms / 1_000)) * 1_000 };

/** A bucket of `burst` that refills with `rate` per second. `change` gives the rate at a time. */
export function bucket(
  rate: number,
  burst: number,
  hint: Hint = 'whole-seconds',
  change = (_: number) => rate,
): Server {
  let tokens = burst;
  let last = 0;
  return (now) => {
    const current = change(now);
    tokens = Math.min(burst, tokens + ((now - last) * current) / 1_000);
    last = now;
    const reset = Math.ceil((burst - tokens) / current) * 1_000;
    const quota = { remaining: Math.max(0, Math.floor(tokens - 1)), reset, limit: burst, window: 1_000 };
    const said = hint === 'ratelimit' ? { quota } : {};
    if (tokens < 1) return { ...refuse(hint, ((1 - tokens) * 1_000) / current), ...said };
    tokens -= 1;
    return { ok: true, ...said };
  };
}

/** At most `requests` per window of `per` milliseconds, counted anew with each window. */
export function fixedWindow(requests: number, per: number, hint: Hint = 'whole-seconds'): Server {
  let [window, used] = [0, 0];
  return (now) => {
    const current = Math.floor(now / per);
    if (current !== window) [window, used] = [current, 0];
    const reset = (window + 1) * per - now;
    const quota = {
      remaining: Math.max(0, requests - used - 1),
      reset: Math.ceil(reset / 1_000) * 1_000,
      limit: requests,
    };
    const said = hint === 'ratelimit' ? { quota } : {};
    return ++used <= requests ? { ok: true, ...said } : { ...refuse(hint, reset), ...said };
  };
}

/** At most `requests` in any window of `per` milliseconds. */
export function slidingWindow(requests: number, per: number, hint: Hint = 'whole-seconds'): Server {
  const times: number[] = [];
  return (now) => {
    while (times.length > 0 && times[0]! <= now - per) times.shift();
    if (times.length >= requests) return refuse(hint, times[0]! + per - now);
    times.push(now);
    return { ok: true };
  };
}

/** At most `most` at a time. */
export function concurrency(most: number, hint: Hint = 'none'): { server: Server; done: () => void } {
  let busy = 0;
  const server: Server = () => {
    if (busy >= most) return refuse(hint, 1_000);
    busy++;
    return { ok: true };
  };
  return { server, done: () => busy-- };
}
