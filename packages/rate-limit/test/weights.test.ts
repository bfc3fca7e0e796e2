import { type FakeFetch, fakeFetch, type ManualClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { type RateLimitOptions, rateLimit } from '../src/index.ts';

const URL = 'https://api.example.com/v1/chat';
const LIMIT = { requests: 100, tokens: 6_000, per: 60_000 };

interface ModelServer {
  readonly fetch: FakeFetch;
  readonly refused: () => number;
  readonly tokens: () => number;
}

/** A language model that bills tokens: two buckets that refill in a minute, told in the fields of a vendor. */
function modelServer(clock: ManualClock, vendor: 'openai' | 'anthropic'): ModelServer {
  let [requests, tokens, at, refused, billed] = [LIMIT.requests, LIMIT.tokens, clock.now(), 0, 0];
  const fields = (name: 'requests' | 'tokens', left: number, until: number) => {
    const limit = String(LIMIT[name]);
    const remaining = String(Math.floor(left));
    return vendor === 'openai'
      ? {
          [`x-ratelimit-limit-${name}`]: limit,
          [`x-ratelimit-remaining-${name}`]: remaining,
          [`x-ratelimit-reset-${name}`]: `${Math.ceil(until)}ms`,
        }
      : {
          [`anthropic-ratelimit-${name}-limit`]: limit,
          [`anthropic-ratelimit-${name}-remaining`]: remaining,
          [`anthropic-ratelimit-${name}-reset`]: new Date(clock.now() + until).toISOString(),
        };
  };
  const fetch = fakeFetch(
    ({ headers }) => {
      const cost = Number(headers.get('x-tokens'));
      const elapsed = clock.now() - at;
      at = clock.now();
      requests = Math.min(LIMIT.requests, requests + (elapsed * LIMIT.requests) / LIMIT.per);
      tokens = Math.min(LIMIT.tokens, tokens + (elapsed * LIMIT.tokens) / LIMIT.per);
      const isRefused = requests < 1 || tokens < cost;
      if (isRefused) refused++;
      else [requests, tokens, billed] = [requests - 1, tokens - cost, billed + cost];
      const told = {
        ...fields('requests', requests, ((LIMIT.requests - requests) * LIMIT.per) / LIMIT.requests),
        ...fields('tokens', tokens, ((LIMIT.tokens - tokens) * LIMIT.per) / LIMIT.tokens),
        'x-billed': String(cost),
      };
      const wait = String(Math.ceil(((cost - tokens) * LIMIT.per) / LIMIT.tokens / 1_000));
      return { status: isRefused ? 429 : 200, headers: isRefused ? { ...told, 'retry-after': wait } : told, delay: 50 };
    },
    { clock },
  );
  return { fetch, refused: () => refused, tokens: () => billed };
}

describe('a server that bills tokens', () => {
  const tokensOf = (headers: Headers) => Number(headers.get('x-tokens'));
  const recipes: [string, RateLimitOptions][] = [
    ['known before', { cost: ({ headers }) => tokensOf(headers) }],
    [
      'guessed before, and known from the answer',
      { cost: () => 150, costOf: ({ headers }) => Number(headers.get('x-billed')) },
    ],
  ];

  it.each(
    (['openai', 'anthropic'] as const).flatMap((vendor) => recipes.map((recipe) => [vendor, ...recipe] as const)),
  )('of %s is paced by its tokens: a cost %s', async (vendor, _, options) => {
    const clock = manualClock();
    const server = modelServer(clock, vendor);
    const limited = rateLimit({ clock, maxWait: 3_600_000, ...options })(server.fetch);
    const costs = Array.from({ length: 90 }, (_, n) => 100 + ((n * 37) % 200));
    let left = costs.length;
    const calls = costs.map(async (cost) => {
      const response = await limited(URL, { method: 'POST', headers: { 'x-tokens': String(cost) }, body: '{}' });
      left--;
      return response.status;
    });
    const start = clock.now();
    while (left > 0 && clock.now() - start < 1_800_000) await clock.advance(1_000);

    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    const total = costs.reduce((sum, cost) => sum + cost, 0);
    const bound = ((total - LIMIT.tokens) * LIMIT.per) / LIMIT.tokens;
    expect(server.refused()).toBeLessThanOrEqual(9);
    expect(clock.now() - start).toBeLessThan(1.5 * bound);
  });
});

it.each([-1, Number.NaN, '5', undefined])('fails a call whose cost is %o', async (cost) => {
  await expect(rateLimit({ cost: () => cost as number })(fakeFetch(200))(URL)).rejects.toThrow('rateLimit: cost');
});

it.each([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['returns nonsense', () => Number.NaN],
  ['knows nothing', () => undefined],
  ['gives a promise that rejects', () => Promise.reject(new Error('no cost')) as never],
])('gives the answer also when costOf %s', async (_, costOf) => {
  expect((await rateLimit({ costOf })(fakeFetch(200))(URL)).status).toBe(200);
});
