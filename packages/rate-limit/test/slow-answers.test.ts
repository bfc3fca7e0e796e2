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

/** The share of ten calls a second for a minute that is accepted, where a third of the requests is refused at once by chance. */
async function acceptedByChance(seed: number, headers: Record<string, string>): Promise<number> {
  const clock = manualClock();
  const chance = seededRandom(seed);
  const server = () =>
    chance() < 1 / 3 ? { status: 429, headers, delay: 5 } : { status: 200, delay: 300 + 700 * chance() };
  const limited = rateLimit({ clock, random: seededRandom(seed), maxWait: 10_000 })(fakeFetch(server, { clock }));
  let accepted = 0;
  const count = ({ ok }: Response) => {
    if (ok) accepted++;
  };
  for (let n = 0; n < 600; n++) {
    void limited(`${URL}/${n}`).then(count, () => {});
    await clock.advance(100);
  }
  await clock.advance(20_000);
  return accepted / 600;
}

describe('refusals by chance that come before the answers', () => {
  it.each([
    ['for a second', { 'retry-after': '1' }],
    ['without a wait', {}],
  ])('do not hold back most calls, %s', async (_, headers) => {
    const shares = await Promise.all([1, 2, 3, 4, 5].map((seed) => acceptedByChance(seed, headers)));
    expect(shares.toSorted((a, b) => a - b)[2]).toBeGreaterThan(0.8);
  });
});
