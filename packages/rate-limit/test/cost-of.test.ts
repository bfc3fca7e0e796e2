import { fakeFetch, manualClock } from '@steadfetch/testing';
import { seededRandom } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import { type RateLimitOptions, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/completions';
const TOKENS = 1_000;
/** Of calls, in a second. */
const RATE = 10;
const ANSWER_MS = 4_000;

/** How many calls are done after a minute, of 9 a second at a told window of ten a second whose answers take four windows. */
async function doneOf(options: RateLimitOptions): Promise<number> {
  const clock = manualClock();
  let [left, window, done] = [0, -1, 0];
  const server = () => {
    const second = Math.floor(clock.now() / 1_000);
    if (second !== window) [left, window] = [RATE * TOKENS, second];
    const isAccepted = left >= TOKENS;
    if (isAccepted) left -= TOKENS;
    const headers = {
      'x-ratelimit-limit': `${RATE * TOKENS}`,
      'x-ratelimit-remaining': `${left}`,
      'x-ratelimit-reset': '1',
      'x-billed': `${TOKENS}`,
    };
    return isAccepted
      ? { status: 200, headers, delay: ANSWER_MS }
      : { status: 429, headers: { ...headers, 'retry-after': '1' }, delay: 10 };
  };
  const limited = rateLimit({ clock, random: seededRandom(1), proof: 'first', ...options })(
    fakeFetch(server, { clock }),
  );
  const call = () => {
    limited(URL).then(
      () => done++,
      () => {},
    );
  };
  for (let n = 0; n < 540; n++) {
    call();
    await clock.advance(n % 9 === 0 ? 112 : 111);
  }
  return done;
}

describe('costOf', () => {
  const billed = (response: Response) => Number(response.headers.get('x-billed'));

  it('does not slow calls down whose cost is estimated too high', async () => {
    const cost = () => 2 * TOKENS;
    expect(await doneOf({ cost, costOf: billed })).toBeGreaterThan(0.95 * (await doneOf({ cost })));
  });
});
