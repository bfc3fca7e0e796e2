import { Call } from '@steadfetch/core';
import { describe, expect, it } from 'vitest';
import { checkOptions } from '../src/options.ts';
import { readResponse, withCost } from '../src/read-response.ts';

const HUGE = '9'.repeat(400);

function read(headers: Record<string, string>, status = 200, maxWait = 2_000_000_000) {
  const call = Call.from('https://api.example.com/');
  return readResponse(new Response(null, { status, headers }), call, true, checkOptions({ maxWait })).answer;
}

describe('what a response says of a limit', () => {
  it('has no numbers that cannot be', () => {
    const { quotas } = read({
      'ratelimit-policy': '"a";q=0, "b";q=100;w=60',
      ratelimit: '"a";r=5;t=999999999999999, "b";r=900;t=100000',
    });
    expect(quotas).toEqual([
      { name: 'a', remaining: 5 },
      { name: 'b', limit: 100, window: 60_000, remaining: 100, reset: 86_400_000 },
    ]);
    const [quota] = read({ 'x-ratelimit-limit': HUGE, 'x-ratelimit-remaining': HUGE, 'x-ratelimit-reset': HUGE })
      .quotas!;
    for (const value of Object.values(quota!)) expect(value ?? 0).toBeLessThanOrEqual(1e12);
  });

  it('leaves out a limit below one', () => {
    const [quota] = read({ 'x-ratelimit-limit': '0.5', 'x-ratelimit-remaining': '100', 'x-ratelimit-reset': '1' })
      .quotas!;
    expect(quota).toEqual({ remaining: 100, reset: 1_000 });
  });

  it('has a few policies and no more', () => {
    const ratelimit = Array.from({ length: 1_000 }, (_, n) => `"${n}";r=1`).join(', ');
    expect(read({ ratelimit }).quotas).toHaveLength(8);
  });

  it('asks for no longer than a day', () => {
    expect(read({ 'retry-after': '9999999' }, 429).wait).toBe(86_400_000);
  });

  it('has no quota that is used up for longer than a call may wait, also where only its window is told', () => {
    const used = (window: number) => ({ 'ratelimit-policy': `"a";q=5;w=${window}`, ratelimit: '"a";r=0' });

    expect(read(used(60), 200, 65_000).quotas).toHaveLength(1);
    expect(read(used(2_592_000), 200, 65_000).quotas).toBeUndefined();
  });

  it('closes a refusing quota for no longer than maxWait, but knows the end of one that has something left', () => {
    const { quotas } = read({ ratelimit: '"a";r=0;t=60, "b";r=1;t=60' }, 429, 1_000);

    expect(quotas).toMatchObject([{ reset: 1_000 }, { reset: 60_000 }]);
  });

  it.each([Infinity, 1e17, -1, Number.NaN, '5'])('has no true cost of %s', (cost) => {
    const settings = checkOptions({ costOf: () => cost as number });

    expect(withCost({ kind: 'accepted' }, new Response(), settings)).toEqual({ kind: 'accepted' });
  });
});
