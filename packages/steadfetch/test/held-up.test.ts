import { describe, expect, it, vi } from 'vitest';
import {
  type Clock,
  compose,
  type Middleware,
  type RateLimitOptions,
  rateLimit,
  retry,
  timeout,
} from '../src/index.ts';

/** A clock whose sleeps end late and in order, as after the event loop was blocked. */
function heldUp() {
  let at = 0;
  const sleeps: { readonly due: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => at,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push({ due: at + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const until = async (time: number) => {
    at = time;
    for (const { due, wake } of sleeps.sort((a, b) => a.due - b.due)) {
      if (due > time) break;
      wake();
      await new Promise(setImmediate);
    }
  };
  return { clock, until };
}

const UNKNOWN = { rate: undefined, burst: undefined, remaining: undefined, refusedShare: 0, why: '' };

/** A store that lets one call pass, and guesses that the next one should wait. */
function guessing(): NonNullable<RateLimitOptions['store']> {
  let delay = 0;
  const pacer = {
    advance: () => {},
    announce: () => {},
    delay: () => delay,
    send: (at: number, cost = 1) => {
      delay = 60_000;
      return { at, cost };
    },
    settle: () => ({ closed: false }),
    snapshot: () => ({ state: 'open' as const, opensIn: 0, ...UNKNOWN }),
    guessesSince: 0,
  };
  return { pacer: () => pacer };
}

describe('a call in the queue of rateLimit() whose turn and whose timeout are both late', () => {
  const known: RateLimitOptions = { limit: { requests: 1, per: 1_000 } };
  const lateCall = async (method: string, outside: Middleware = (fetch) => fetch, options = known) => {
    const { clock, until } = heldUp();
    const server = vi.fn(async () => new Response());
    const limited = rateLimit({ clock, ...options });
    const paced = compose(outside, timeout(1_500, { clock }), limited)(server);
    await paced('https://api.test/1');
    const outcome = paced('https://api.test/2', { method }).then(
      ({ status }) => status,
      (error: Error) => error.message,
    );
    await new Promise(setImmediate);
    await until(5_000);
    return { outcome: await outcome, requests: server.mock.calls.length };
  };

  it.each<[string, RateLimitOptions]>([
    ['a limit', known],
    ['a guess', { store: guessing(), proof: 'first' }],
  ])('is not sent, and ends by its own timeout, if %s held it back', async (_, options) => {
    expect(await lateCall('POST', undefined, options)).toEqual({
      outcome: 'no response within 1500 ms from POST https://api.test/2; it was waiting for its turn in rateLimit()',
      requests: 1,
    });
  });

  it('is retried if the timeout is that of an attempt', async () => {
    expect(await lateCall('GET', retry({ delay: () => 1 }))).toEqual({ outcome: 200, requests: 2 });
  });
});
