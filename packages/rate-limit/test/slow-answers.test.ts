import { fakeFetch, manualClock } from '@steadfetch/testing';
import { seededRandom } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import { rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/reports';

/** How many a bucket of ten a second has accepted after 25 s, of 400 calls that come at once. */
async function acceptedOfBucket(burst: number, answer: number): Promise<number> {
  const clock = manualClock();
  let [tokens, last, accepted] = [burst, clock.now(), 0];
  const server = () => {
    tokens = Math.min(burst, tokens + (clock.now() - last) / 100);
    last = clock.now();
    if (tokens < 1) return { status: 429, headers: { 'retry-after': '1' }, delay: 20 };
    tokens--;
    accepted++;
    return { status: 200, delay: answer };
  };
  const limited = rateLimit({ clock, random: seededRandom(1) })(fakeFetch(server, { clock }));
  for (let n = 0; n < 400; n++) void limited(`${URL}/${n}`).catch(() => {});
  await clock.advance(25_000);
  return accepted;
}

describe('answers that take longer than a refusal and its wait', () => {
  it.each([10, 3])('do not look as if none were accepted, at a bucket that holds %i', async (burst) => {
    expect(await acceptedOfBucket(burst, 10_000)).toBeGreaterThan(150);
  });
});
