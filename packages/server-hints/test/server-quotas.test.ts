import { describe, expect, it } from 'vitest';
import { serverQuotas } from '../src/index.ts';
import { respond } from './respond.ts';

const now = Date.UTC(2025, 0, 1);
const quotasOf = (headers: Record<string, string>) => serverQuotas(respond(200, headers), { now });

describe('serverQuotas', () => {
  it('reads the requests and the tokens of OpenAI', () => {
    const headers = {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '499',
      'x-ratelimit-reset-requests': '120ms',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-tokens': '29000',
      'x-ratelimit-reset-tokens': '2s',
    };

    expect(quotasOf(headers)).toMatchObject([
      { name: 'requests', limit: 500, remaining: 499, reset: 120 },
      { name: 'tokens', unit: 'tokens', limit: 30_000, remaining: 29_000, reset: 2_000 },
    ]);
  });

  it('reads the four quotas of Anthropic', () => {
    const names = ['requests', 'tokens', 'input-tokens', 'output-tokens'];
    const headers = Object.fromEntries(names.map((name) => [`anthropic-ratelimit-${name}-remaining`, '7']));

    expect(quotasOf(headers).map(({ name, unit }) => [name, unit])).toEqual([
      ['requests', undefined],
      ['tokens', 'tokens'],
      ['input-tokens', 'input-tokens'],
      ['output-tokens', 'output-tokens'],
    ]);
  });

  it('reads all policies of RateLimit, with what they count', () => {
    const policy = '"bytes";q=9000;qu="content-bytes";w=10, "calls";q=100';

    const quotas = quotasOf({ ratelimit: '"bytes";r=20;t=5, "calls";r=50', 'ratelimit-policy': policy });

    expect(quotas).toEqual([
      {
        name: 'bytes',
        unit: 'content-bytes',
        limit: 9_000,
        window: 10_000,
        remaining: 20,
        reset: 5_000,
        source: 'ratelimit',
      },
      { name: 'calls', limit: 100, remaining: 50, source: 'ratelimit' },
    ]);
  });

  it('reads a single quota, of which the one with a reset is preferred', () => {
    const headers = { 'ratelimit-remaining': '5', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '9' };

    expect(quotasOf(headers)).toEqual([{ remaining: 3, reset: 9_000, source: 'x-ratelimit-remaining' }]);
  });

  it('is empty for a cached response, and for one that says nothing', () => {
    expect(quotasOf({ age: '1', 'ratelimit-remaining': '5' })).toEqual([]);
    expect(quotasOf({})).toEqual([]);
    expect(serverQuotas(respond(200, {}))).toEqual([]);
  });
});
