import { compose, concurrency, type RateLimitOptions, rateLimit, retry, timeout } from 'steadfetch';
import type { Member } from '../harm/live.ts';
import type { Stack } from './exception.ts';
import { beside, limiterStack, plainStack } from './stacks.ts';

/** A row begins with the two stacks, and with what a failed call counts as. */
export interface Sides {
  readonly ours: Stack;
  readonly plain: Member;
  readonly whole: number;
}

/** As often as `rateLimit` sends a refused call again. */
const RETRIES = 10;
const WHOLE = 30_000;

/** A plain retry that repeats as often as the limiter does, for calls that may take so long. */
export function plainRetry(whole: number = WHOLE): Member {
  return plainStack({ timeout: whole, attemptTimeout: whole, retry: RETRIES });
}

/** `rateLimit()` alone, and a plain retry. */
export function limiterBeside(options: RateLimitOptions = {}, whole: number = WHOLE): Sides {
  return { ours: limiterStack(options, whole), plain: plainRetry(whole), whole };
}

/** `standard({ rateLimit: true })` for calls that may take so long, and a plain retry. */
export function standardBeside(whole: number = WHOLE): Sides {
  return { ...beside(whole === WHOLE ? {} : { timeout: whole }, { rateLimit: true }), plain: plainRetry(whole) };
}

/** Calls to the path `/job` and calls of users, who wait for 3 s at the most: which of them go through a limiter. */
export function usersAndJob(limits: 'both' | 'the job' | 'none'): Member {
  return (fetch, { clock, random }) => {
    const retries = retry({ clock, random, budget: false, maxRetries: RETRIES });
    const limiter = rateLimit({ clock, random });
    const users = compose(timeout(3_000, { clock }), limits === 'both' ? limiter : retries)(fetch);
    const workers = concurrency(20, { maxQueue: 10_000 });
    const job = compose(workers, timeout(300_000, { clock }), limits === 'none' ? retries : limiter)(fetch);
    return (input, init) => (new URL(String(input)).pathname === '/job' ? job : users)(input, init);
  };
}

/** A pool of ten workers in front of a stack: the first part of a path names the host. */
export function pool(client: Member): Member {
  return (fetch, parts) => {
    const inner = compose(concurrency(10, { key: () => 'all', maxQueue: 10_000 }))(client(fetch, parts));
    return (input, init) => {
      const { pathname, search } = new URL(String(input));
      return inner(`https://host-${pathname.split('/')[1]}.test${pathname}${search}`, init);
    };
  };
}

/** Takes any ending for a success: so the times of a row say how long a call takes that fails. */
export function untilEnded(client: Member): Member {
  return (fetch, parts) => {
    const inner = client(fetch, parts);
    return async (input, init) => {
      await inner(input, init).catch(() => {});
      return new Response();
    };
  };
}
