import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { type StandardOptions, standard } from 'steadfetch';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

// What docs/what-can-go-wrong.md says of answers that take longer than an attempt may.

beforeEach(() => void vi.spyOn(console, 'warn').mockReturnValue(undefined));
afterEach(() => vi.restoreAllMocks());

/** Makes calls for three minutes, one each `gap` ms. Returns the share that succeeds, and the requests of one call. */
async function play(gap: number, took: number, options: StandardOptions) {
  const clock = new VirtualTime(0);
  const random = seededRandom(1);
  let requests = 0;
  let good = 0;
  const steady = standard({ ...options, clock, random })(async (_, init) => {
    requests++;
    await clock.sleep(took, init?.signal ?? undefined);
    return new Response();
  });
  const calls = 180_000 / gap;
  for (let call = 0; call < calls; call++) {
    const answered = () => good++;
    clock.at((call + random()) * gap, () => void steady('https://api.example.com/').then(answered, () => undefined));
  }
  await clock.run(400_000);
  return { good: good / calls, requests: requests / calls };
}

it.each([10_000, 1_000, 100])('hardly fails, but sends more than needed: a call each %i ms', async (gap) => {
  const { good, requests } = await play(gap, 14_000, { timeout: 60_000 });

  expect(good).toBeGreaterThan(0.99);
  if (gap === 1_000) expect(requests).toSatisfy((sends: number) => sends > 2 && sends < 3);
});

it.each([
  [14_000, { timeout: 60_000, attemptTimeout: 30_000 }],
  [14_000, { attemptTimeout: 25_000 }],
  [3_500, { timeout: 5_000, attemptTimeout: 4_500 }],
])('sends each call once where an attempt has more than %i ms', async (took, options) => {
  for (const gap of [10_000, 1_000, 100]) {
    expect(await play(gap, took, options)).toEqual({ good: 1, requests: 1 });
  }
});

it('fails where calls are few and an attempt has less time than an answer takes', async () => {
  expect((await play(10_000, 14_000, {})).good).toBe(0);
  expect((await play(10_000, 3_000, { timeout: 5_000 })).good).toBe(0);
  expect((await play(100, 14_000, {})).good).toBeGreaterThan(0.995);
});
