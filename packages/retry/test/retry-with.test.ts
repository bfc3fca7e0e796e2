import { constant } from '@steadfetch/backoff';
import { compose, defineMiddleware } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  backoff,
  budget,
  evenIfNotIdempotent,
  history,
  historyOf,
  hooks,
  ignoreRetryAfter,
  inspect,
  maxDelay,
  maxRetries,
  obeyVetoes,
  onlyMethods,
  onNetworkError,
  onStatus,
  onTimeout,
  type Rule,
  retryWith,
  serverHints,
  TRANSIENT,
} from '../src/index.ts';
import { API, networkError, type Reply, recordingHooks, scripted, timeoutError } from './support.ts';

const POST = { method: 'POST', body: '{}' };
const asks = (value: string, status = 503) => ({ status, headers: { 'retry-after': value } });

/** What these rules make of a call: how it ended, what was sent, and the waits. */
async function play(rules: readonly Rule[], replies: Reply[], init: object = {}) {
  const clock = instantClock();
  const { fetch, requests } = scripted(...replies);
  const end = await retryWith(
    { clock, random: () => 0.5 },
    ...rules,
  )(fetch)(API, init).catch((error: unknown) => error);
  return { end, sent: requests.length, waits: [...clock.sleeps] };
}

const sends = async (...args: Parameters<typeof play>) => (await play(...args)).sent;

describe('a list of rules', () => {
  const polite = [maxRetries(3), onStatus(...TRANSIENT), onNetworkError(), onTimeout()];

  it('repeats if one of them says so, as often as the smallest limit allows', async () => {
    expect(await sends(polite, [503, networkError(), timeoutError(), 200])).toBe(4);
    expect(await sends([...polite, maxRetries(1)], [503])).toBe(2);
    expect(await sends([onStatus(503)], [503])).toBe(3);
    expect(await sends([onStatus(503)], [500])).toBe(1);
    expect(await sends([onStatus(503)], [networkError()])).toBe(1);
    expect(await sends([onNetworkError()], [networkError('CERT_HAS_EXPIRED')])).toBe(1);
  });

  it('waits with equal jitter from 300 to 600 ms, by the longest wait of a rule, and never less than the server asks', async () => {
    expect((await play([onStatus(503)], [503])).waits).toEqual([450, 900]);
    expect((await play([onStatus(503), backoff(constant(40)), backoff(constant(70))], [503])).waits).toEqual([70, 70]);
    expect((await play([onStatus(503), backoff(constant(40))], [asks('7'), 200])).waits).toEqual([7_700]);
    expect((await play([onStatus(503), backoff(constant(40)), ignoreRetryAfter()], [asks('7'), 200])).waits).toEqual([
      40,
    ]);
    expect((await play([onTimeout()], [timeoutError()])).waits).toEqual([0, 900]);
  });

  it('does not wait for the server if one rule ignores it, whatever other rules read, in any order', async () => {
    const asking: Rule = { asked: () => ({ delay: 2_000, source: 'x-wait' }) };
    const rules = [onStatus(503), backoff(constant(40)), asking, serverHints(), ignoreRetryAfter()];

    expect((await play(rules, [asks('7'), 200])).waits).toEqual([40]);
    expect((await play(rules.toReversed(), [asks('7'), 200])).waits).toEqual([40]);
  });

  it('waits by the more precise of two fields if serverHints() reads both', async () => {
    const headers = { 'retry-after': '1', 'retry-after-ms': '700' };

    expect((await play([onStatus(503), serverHints()], [{ status: 503, headers }, 200])).waits).toEqual([770]);
  });

  it('reads a date in Retry-After by the clock of the server, and no date in the past', async () => {
    const date = { date: 'Wed, 01 Jan 2025 01:00:00 GMT', 'retry-after': 'Wed, 01 Jan 2025 01:00:02 GMT' };
    const past = { date: 'Wed, 01 Jan 2025 01:00:00 GMT', 'retry-after': 'Tue, 31 Dec 2024 01:00:02 GMT' };

    expect((await play([onStatus(503)], [{ status: 503, headers: date }, 200])).waits).toEqual([2_200]);
    expect((await play([onStatus(503)], [{ status: 503, headers: past }, 200])).waits).toEqual([450]);
    expect((await play([onStatus(503)], [asks('soon'), 200])).waits).toEqual([450]);
    expect((await play([onStatus(503)], [asks('2, 7'), 200])).waits).toEqual([7_700]);
    expect((await play([onStatus(503)], [asks('0')])).waits).toEqual([0, 900]);
  });

  it('gives up if the server asks for more than the longest wait', async () => {
    expect(await sends([onStatus(503)], [asks('66')])).toBe(1);
    expect(await sends([onStatus(503), maxDelay(100_000)], [asks('66'), 200])).toBe(2);
    expect(await sends([onStatus(503), maxDelay(100_000), maxDelay(1_000)], [asks('66'), 200])).toBe(1);
  });

  it('repeats a POST only with a key or a rule that says that it is harmless', async () => {
    const refused = networkError('ECONNREFUSED', { address: '127.0.0.1', port: 80 });

    expect(await sends([onStatus(503)], [503], POST)).toBe(1);
    expect(await sends([onStatus(503)], [503], { ...POST, headers: { 'idempotency-key': 'k' } })).toBe(3);
    expect(await sends([onStatus(503), evenIfNotIdempotent()], [503], POST)).toBe(3);
    expect(await sends([onStatus(503), evenIfNotIdempotent(({ url }) => url.endsWith('/logs'))], [503], POST)).toBe(1);
    expect(await sends([onStatus(503), onlyMethods('POST')], [503], POST)).toBe(3);
    expect(await sends([onStatus(503), onlyMethods('POST')], [503])).toBe(1);
    expect(await sends([onStatus(503), onlyMethods()], [503])).toBe(1);
    expect(await sends([onNetworkError()], [refused], { ...POST, redirect: 'error' })).toBe(1);
  });

  it('inspects good responses, reads the hints of servers, and obeys a veto', async () => {
    const veto = { status: 503, headers: { 'x-should-retry': 'false' } };

    expect(await sends([inspect(({ status }) => status === 204)], [204, 204, 200])).toBe(3);
    expect(await sends([onStatus(503), serverHints()], [{ status: 404, headers: { 'x-should-retry': 'true' } }])).toBe(
      3,
    );
    expect(
      (await play([onStatus(503), serverHints()], [{ status: 503, headers: { 'retry-after-ms': '700' } }, 200])).waits,
    ).toEqual([770]);
    expect(await sends([onStatus(503)], [veto])).toBe(3);
    expect(await sends([onStatus(503), obeyVetoes()], [veto])).toBe(1);
  });

  it('keeps the history only if a rule does', async () => {
    expect(historyOf((await play([onStatus(503)], [503, 200])).end)).toBeUndefined();
    expect(historyOf((await play([onStatus(503), history()], [503, 200])).end)).toHaveLength(2);
  });

  it('takes false for one call, and nothing else', async () => {
    expect(await sends([onStatus(503)], [503], { retry: false })).toBe(1);
    const { end } = await play([onStatus(503)], [503], { steadfetch: { retry: { maxRetries: 5 } } });
    expect(String(end)).toContain('init.retry: expected false');
  });
});

describe('a rule of your own', () => {
  it('may wait, but for no negative time, and not shorter than the server asks', async () => {
    const waiting = (wait: number | 'now'): Rule[] => [onStatus(503), backoff(constant(40)), { wait: () => wait }];

    expect((await play(waiting(90), [503])).waits).toEqual([90, 90]);
    expect((await play(waiting('now'), [503])).waits).toEqual([0, 0]);
    expect((await play(waiting('now'), [asks('7'), 200])).waits).toEqual([7_700]);
    expect(String((await play(waiting(-5), [503])).end)).toContain('retry: wait: expected milliseconds from 0, got -5');
  });

  it('cannot make a POST repeatable by a promise, nor by one that rejects', async () => {
    const late: Rule = { harmless: (() => Promise.reject(new Error('late'))) as never };

    expect(await sends([onStatus(503), late], [503], POST)).toBe(1);
  });

  it('can read the wait that the server asks for: the longest counts', async () => {
    const asking = (delay: number): Rule => ({ asked: () => ({ delay, source: 'x-wait' }) });

    expect((await play([onStatus(503), asking(1_000), asking(2_000), asking(500)], [503, 200])).waits).toEqual([2_200]);
  });

  it.each([
    ['answers nothing', undefined],
    ['asks for less', { delay: 1_000, source: 'x-wait' }],
  ])('that reads a field of its own and %s does not switch Retry-After off', async (_, wait) => {
    const own: Rule = { asked: () => wait };

    expect((await play([onStatus(503), own], [asks('7'), 200])).waits).toEqual([7_700]);
  });

  it('reads Retry-After itself if it says so', async () => {
    const own: Rule = { readsRetryAfter: true, asked: () => ({ delay: 1_000, source: 'x-wait' }) };

    expect((await play([onStatus(503), own], [asks('7'), 200])).waits).toEqual([1_100]);
  });

  it('has bounds that end the call if they are not numbers', async () => {
    expect(await sends([onStatus(503), { maxRetries: Number.NaN }], [503])).toBe(1);
    expect(await sends([onStatus(503), { maxDelay: Number.NaN }], [asks('7')])).toBe(1);
  });

  it('gets a recovery with the earlier attempts, and is reported as rule if it only answers true', async () => {
    const afterRecovery = vi.fn();
    const afterFailure = vi.fn();
    const locked: Rule = { when: ({ response }) => response?.status === 423, afterRecovery, afterFailure };

    await play([locked], [423, 200], { headers: { 'idempotency-key': 'k1' } });

    expect(afterRecovery.mock.calls[0]![0]).toMatchObject({ attempt: 2, past: [{ status: 423 }, { status: 200 }] });
    expect(afterFailure.mock.calls[0]![0]).toMatchObject({ attempt: 1, idempotencyKey: 'k1' });
    expect(afterFailure.mock.calls[0]![1]).toMatchObject({ retry: true, reason: 'rule' });
  });

  it('gets each call once before it is sent, whatever its attempts', async () => {
    const heard: string[] = [];
    const rules: Rule[] = ['first', 'second'].map((name) => ({
      beforeCall: ({ url }) => heard.push(`${name} ${url}`),
    }));

    expect(await sends([onStatus(503), rules[0]!], [503, 200])).toBe(2);
    expect(heard).toEqual([`first ${API}`]);
    await sends([onStatus(503), ...rules], [200]);
    expect(heard).toEqual([`first ${API}`, `first ${API}`, `second ${API}`]);
  });

  describe('that reads how long the call has taken', () => {
    const forTenSeconds: Rule = { unless: ({ elapsed }) => elapsed >= 10_000 && 'too long' };

    it('gets it if it says so', async () => {
      const timed: Rule = { ...forTenSeconds, needs: ['elapsed'] };
      const rules = [onStatus(503), maxRetries(9), backoff(constant(4_000))];

      expect((await play([...rules, timed], [503])).waits).toEqual([4_000, 4_000, 4_000]);
    });

    it('is refused otherwise, with the way to write it', async () => {
      expect(String((await play([onStatus(503), forTenSeconds], [503])).end)).toContain("must say needs: ['elapsed']");
    });

    it('causes a warning if it only observes', async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
      vi.resetModules();
      const { retryWith } = await import('../src/index.ts');
      const observing: Rule = { afterFailure: ({ elapsed }) => elapsed };

      await retryWith({ clock: instantClock() }, onStatus(503), observing)(scripted(503).fetch)(API);

      expect(warn.mock.calls).toEqual([[expect.stringContaining("must say needs: ['elapsed']")]]);
      vi.restoreAllMocks();
    });

    it('gets 0 in production', async () => {
      vi.stubEnv('NODE_ENV', 'production');
      const seen: number[] = [];

      await play([onStatus(503), { afterFailure: ({ elapsed }) => seen.push(elapsed) }], [503]);

      vi.unstubAllEnvs();
      expect(seen).toEqual([0, 0, 0]);
    });
  });

  it('is an object of a few lines', async () => {
    const onLocked: Rule = {
      when: async ({ response }) => response?.status === 422 && (await response.clone().json()).code === 'locked',
    };

    expect(await sends([onLocked], [{ status: 422, body: '{"code":"locked"}' }, 200])).toBe(2);
    expect(await sends([onLocked], [{ status: 422, body: '{"code":"bad"}' }])).toBe(1);
  });

  it('can forbid, and no other rule can lift that', async () => {
    const readOnly: Rule = { unless: ({ call }) => call.method !== 'GET' && 'read-only' };
    const observers = recordingHooks();

    expect(
      await sends([onStatus(503), evenIfNotIdempotent(), readOnly, hooks(observers)], [503], { method: 'PUT' }),
    ).toBe(1);
    expect(observers.onGiveUp.mock.calls[0]![0]).toMatchObject({ reason: 'read-only' });
  });

  it('fails the call with the error that it throws, and discards the response', async () => {
    const response = new Response('body', { status: 503 });
    const broken: Rule = {
      when: () => {
        throw new Error('broken rule');
      },
    };

    expect((await play([broken], [response])).end).toEqual(new Error('broken rule'));
    expect(response.bodyUsed || response.body!.locked).toBe(true);
  });

  it('cannot break a call by observing', async () => {
    const broken: Rule = {
      afterFailure: () => Promise.reject(new Error('no')),
      afterSuccess: () => {
        throw new Error('no');
      },
    };

    expect(await sends([onStatus(503), broken], [503, 200])).toBe(2);
  });

  it.each([0, 1])(
    'gives its permit back where another rule gives none, and is asked in any order: %i',
    async (turn) => {
      const release = vi.fn();
      const rules: Rule[] = [{ permit: () => ({ release }) }, { permit: () => undefined }];

      expect(await sends([onStatus(503), ...(turn === 0 ? rules : rules.toReversed())], [503])).toBe(1);
      expect(release).toHaveBeenCalledTimes(1);
    },
  );

  it('gets its permit back if another rule throws', async () => {
    const release = vi.fn();
    const broken = () => {
      throw new Error('broken rule');
    };

    const rules: Rule[] = [{ permit: () => ({ release }) }, { permit: broken }];
    expect((await play([onStatus(503), ...rules], [503])).end).toEqual(new Error('broken rule'));
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('that refuses a permit says whether the call is held: it takes the request, not the time', async () => {
    const brake: Rule = { permit: () => undefined, holds: true };
    const { sent, waits } = await play([onStatus(503), backoff(constant(40)), brake], [503]);

    expect([sent, waits]).toEqual([1, [40, 40]]);
  });
});

describe('a value that is not a rule', () => {
  it.each([
    [[3], 'expected a rule at position 0, got 3'],
    [[onStatus(503), onTimeout], 'at position 1, got a function: call it, onTimeout()'],
    [[[onStatus(503)]], 'got an array: spread it'],
    [[() => {}], 'got a function: call it, rule()'],
    [[], 'no rule says when to retry'],
    [[maxRetries(3)], 'no rule says when to retry: add onStatus(429, 503) or onNetworkError()'],
    [
      [onStatus(503), { needs: ['elapsed', 'elasped'] }],
      'retryWith: needs: expected some of elapsed, outcome, good-responses, time, got "elasped"',
    ],
    [
      [onStatus(503), { clock: instantClock() }, { clock: instantClock() }],
      'retryWith: clock: expected one for all rules, got 2',
    ],
    [[onStatus(503), { random: () => 0 }, { random: () => 1 }], 'random: expected one for all rules, got 2'],
  ])('is refused: %o', (rules, message) => {
    expect(() => retryWith(...(rules as unknown as Rule[]))).toThrow(message);
  });

  it.each([
    () => onStatus(200),
    () => onStatus([503] as never),
    () => maxRetries(-1),
    () => maxDelay(Number.NaN),
    () => backoff(5 as never),
    () => budget({} as never),
    () => inspect(true as never),
    () => onlyMethods(''),
  ])('is refused by the rule itself: %o', (make) => {
    expect(make).toThrow(/expected/);
  });

  it('a budget of false is refused, with what is allowed', () => {
    expect(() => budget(false as never)).toThrow(new TypeError('budget: expected a retryBudget(), got false'));
  });
});

it('a production bundle has no message for a value that is not a rule: such a value retries nothing', async () => {
  vi.stubEnv('NODE_ENV', 'production');
  const { fetch, requests } = scripted(503);

  await retryWith(3 as never)(retryWith(onTimeout as never)(fetch))(API);

  vi.unstubAllEnvs();
  expect(requests).toHaveLength(1);
});

describe('the order of the rules', () => {
  const SITUATIONS: readonly [replies: Reply[], init: object][] = [
    [[asks('3600')], {}],
    [[asks('7')], {}],
    [[503, networkError(), timeoutError(), 200], {}],
    [[503], POST],
    [[404], {}],
    [[timeoutError(), 200], {}],
  ];
  /** The gate of the searches tries all 5,040, the tests each seventh. */
  const ORDERS = permutations([0, 1, 2, 3, 4, 5, 6]).filter(
    (_, index) => index % 7 === 0 || import.meta.env.MODE === 'search',
  );

  function permutations(list: readonly number[]): number[][] {
    if (list.length < 2) return [[...list]];
    return list.flatMap((one, index) => permutations(list.toSpliced(index, 1)).map((rest) => [one, ...rest]));
  }

  it(`decides nothing: ${ORDERS.length} orders of seven rules send, wait and spend the same`, async () => {
    const outcomes = new Set<string>();
    for (const order of ORDERS) {
      const told: unknown[] = [];
      let held = 0;
      const acquire = () => {
        held++;
        return { release: () => void held-- };
      };
      const counted = { acquire, record: () => {} };
      const rules = [
        maxRetries(2),
        onStatus(503),
        onNetworkError(),
        onTimeout(),
        backoff(constant(250)),
        maxDelay(30_000),
        budget(counted),
      ];
      for (const [replies, init] of SITUATIONS) {
        const { sent, waits } = await play(
          order.map((index) => rules[index]!),
          replies,
          init,
        );
        told.push([sent, waits, held]);
      }
      outcomes.add(JSON.stringify(told));
    }

    expect([...outcomes]).toEqual([
      JSON.stringify([
        [1, [], 0],
        [3, [7_700, 7_700], 2],
        [3, [250, 250], 4],
        [1, [], 4],
        [1, [], 4],
        [2, [0], 5],
      ]),
    ]);
  });
});

it('sends each attempt through a middleware of your own that stands inside', async () => {
  const withTenant = defineMiddleware((call, next) =>
    next(call.with({ headers: { ...call.headers, 'x-tenant': 'a' } })),
  );
  const { fetch, requests } = scripted(503, 200);

  await compose(retryWith({ clock: instantClock() }, onStatus(503)), withTenant)(fetch)(API);

  expect(requests.map(({ init }) => new Headers(init!.headers).get('x-tenant'))).toEqual(['a', 'a']);
});

it.each([
  ['Sunday, 06-Nov-94 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:30 GMT'],
  ['Sun Nov  6 08:49:37 1994', 'Sun Nov  6 08:49:30 1994'],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:30 GMT'],
  ['Sun, 06 Nov 1994 08:49:37 UTC', 'Sun, 06 Nov 1994 08:49:30 UTC'],
  ['Sun, 06 Nov 1994 08:49:37 +0000', 'Sun, 06 Nov 1994 08:49:30 GMT'],
  ['Sun, 6 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:30 GMT'],
])('reads the three forms of HTTP-date, and those that servers write in their place: %s', async (until, date) => {
  const busy = { status: 503, headers: { date, 'retry-after': until } };

  expect((await play([onStatus(503)], [busy, 200])).waits).toEqual([7_700]);
});

it.each(['+0100', '-0100', '+00:00', 'EST'])('takes no date of another zone for one in GMT: %s', async (zone) => {
  const busy = { status: 503, headers: { 'retry-after': `Sun, 06 Nov 2094 08:49:37 ${zone}` } };

  expect((await play([onStatus(503)], [busy, 200])).waits).toEqual([450]);
});
