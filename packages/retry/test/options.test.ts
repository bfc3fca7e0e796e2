import { compose, type Fetch, type Middleware, observe } from '@steadfetch/core';
import { instantClock } from '@steadfetch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { retry } from '../src/index.ts';
import { API, networkError, scripted } from './support.ts';

const TOO_LONG = 2 ** 31;
const numbers = ['3', null, {}, Number.NaN, -1, Infinity, 1e12];

const bad: [option: string, values: unknown[]][] = [
  ['maxRetries', [...numbers.filter((value) => typeof value !== 'object'), 1.5, null]],
  ['delay', [5, 'exponential', null, {}]],
  ['maxDelay', [...numbers, TOO_LONG]],
  ['methods', ['GET', [1], [''], null, {}]],
  ['statuses', [503, ['503'], [0], [1_000], [Number.NaN], null, [202, 503], [399]]],
  ['networkErrors', [0, 'yes', null]],
  ['timeouts', [1, 'no', null]],
  ['idempotent', [1, 'yes', null]],
  ['shouldRetry', [true, 5, null]],
  ['inspect', [true, 5, null]],
  ['serverHints.spread', ['1', null, Number.NaN, -0.1, 1.1, Infinity]],
  ['budget', [true, 5, {}, null]],
  ['hooks', [{ onretry: () => {} }, 5, null, () => {}, new Map(), new (class Log {})(), [() => {}], [[{}]], [null]]],
  ['hooks.onRetry', [5, 'log']],
  ['clock.now', [5]],
  ['clock.sleep', [5]],
  ['random', [5, 'seed']],
];

function optionsWith(option: string, value: unknown): object {
  const [name, member] = option.split('.') as [string, string?];
  const rest = name === 'clock' ? instantClock() : {};
  return { [name]: member === undefined ? value : { ...rest, [member]: value } };
}

describe('options', () => {
  it.each(bad.flatMap(([option, values]) => values.map((value) => [option, value] as const)))(
    'refuses %s: %s when it is built, and says what is allowed',
    (option, value) => {
      let thrown: unknown;
      try {
        retry(optionsWith(option, value));
      } catch (error) {
        thrown = error;
      }

      expect(thrown instanceof TypeError || thrown instanceof RangeError).toBe(true);
      expect(String(thrown)).toContain(`retry: ${option}`);
      expect(String(thrown)).toMatch(/expected .+, got|unknown option/);
    },
  );

  it.each([
    [{ idempotent: 1 }, 'retry: idempotent: expected true, false or a function, got 1'],
    [{ serverHints: 1 }, 'retry: serverHints: expected true, false or an options object, got 1'],
    [{ budget: true }, 'retry: budget: expected a retryBudget() or false, got true'],
  ])('says all that is allowed: %j', (options, message) => {
    expect(() => retry(options as never)).toThrow(new TypeError(message));
  });

  it('refuses unknown names, and anything that is not an object', () => {
    expect(() => retry({ retries: 3 } as never)).toThrow("retry: unknown option 'retries'");
    expect(() => retry(3 as never)).toThrow(new TypeError('retry: expected an options object, got 3'));
    expect(() => retry({ serverHints: { jitter: 1 } as never })).toThrow("retry: serverHints: unknown option 'jitter'");
  });

  it('points to inspect if a status is below 400', () => {
    expect(() => retry({ statuses: [202] })).toThrow('got 202: inspect is asked');
    expect(() => retry({ statuses: [1_000] })).toThrow('expected an integer from 400 to 999, got 1000');
  });

  it('refuses a status below 400 in production too', () => {
    vi.stubEnv('NODE_ENV', 'production');
    onTestFinished(() => void vi.unstubAllEnvs());

    expect(() => retry({ statuses: [503, 399] })).toThrow(RangeError);
  });

  it('are copied when it is built: lists may change afterwards', async () => {
    const { fetch, requests } = scripted(503);
    const told: string[] = [];
    const options = {
      ...{ methods: ['PUT'], statuses: [503], maxRetries: 1 },
      hooks: [{ onRetry: () => void told.push('first') }],
    };
    const steady = retry({ ...options, clock: instantClock(), budget: false })(fetch);

    options.methods.length = options.statuses.length = 0;
    options.maxRetries = 9;
    options.hooks.push({ onRetry: () => void told.push('second') });
    await steady(API, { method: 'PUT', retry: { maxDelay: 50_000 } });
    await steady(API, { method: 'PUT' });

    expect(requests).toHaveLength(4);
    expect(told).toEqual(['first', 'first']);
  });

  it('runs nothing when it is built', () => {
    const clock = { now: vi.fn(() => 0), sleep: vi.fn() };
    const random = vi.fn();

    retry({ clock, random, hooks: [] });

    expect([clock.sleep, random].some((mock) => mock.mock.calls.length > 0)).toBe(false);
  });
});

describe('options of one call', () => {
  const quick = () => ({ clock: instantClock(), random: () => 0 });
  const attempts = async (init: object, options = {}) => {
    const { fetch, requests } = scripted(503);
    await retry({ ...quick(), ...options })(fetch)(API, init);
    return requests.length;
  };

  it('are merged key by key; 0, false and undefined mean different things', async () => {
    expect(await attempts({ retry: { maxRetries: 4 } })).toBe(5);
    expect(await attempts({ retry: { maxRetries: 0 } })).toBe(1);
    expect(await attempts({ retry: { maxRetries: undefined } }, { maxRetries: 1 })).toBe(2);
    expect(await attempts({ retry: {} }, { maxRetries: 1 })).toBe(2);
    expect(await attempts({ retry: undefined }, { maxRetries: 1 })).toBe(2);
    expect(await attempts({ retry: false })).toBe(1);
    expect(await attempts({ method: 'POST', retry: { methods: ['POST'], maxRetries: 1 } })).toBe(2);
  });

  it('are not seen by the real fetch', async () => {
    for (const override of [false, {}, undefined]) {
      const { fetch, requests } = scripted(200);
      await retry(quick())(fetch)(API, { retry: override as never, method: 'PUT' });
      expect(requests[0]!.init).not.toHaveProperty('retry');
      expect(requests[0]!.init).toHaveProperty('method', 'PUT');
    }
  });

  it('share the budget of the middleware', async () => {
    const acquire = vi.fn((_key: string, _kind: string) => undefined);

    await attempts({ retry: { maxRetries: 9 } }, { budget: { acquire, record: () => {} }, delay: () => 0 });

    expect(acquire.mock.calls.map(([, kind]) => kind)).toEqual(['transient', 'held']);
  });

  it('are checked, and a mistake rejects the call', async () => {
    await expect(attempts({ retry: { maxRetries: -1 } })).rejects.toThrow('retry: maxRetries');
    await expect(attempts({ steadfetch: { retry: 3 } })).rejects.toThrow(
      'retry: expected false or an options object, got 3',
    );
    await expect(attempts({ steadfetch: { retry: null } })).rejects.toThrow('got null');
    await expect(attempts({ steadfetch: { retry: { retries: 1 } } })).rejects.toThrow("unknown option 'retries'");
  });

  it.each([3, 0, true, null, [503], { attempts: 4 }, { delay: 10, attempts: 4 }])(
    'are not taken from the retry member of another library: %o',
    async (theirs) => {
      const { fetch, requests } = scripted(503, 200);

      const response = await retry(quick())(fetch)(API, { retry: theirs as never });

      expect(response.status).toBe(200);
      expect(requests[1]!.init).toHaveProperty('retry', theirs);
    },
  );

  it.each([3, false, { attempts: 4 }])(
    'are ours as steadfetch.retry, beside the retry %o of another',
    async (theirs) => {
      const { fetch, requests } = scripted(503);
      const init = { retry: theirs as never, steadfetch: { retry: { maxRetries: 1 } } };

      await retry(quick())(fetch)(API, init);

      expect(requests).toHaveLength(2);
      expect(requests[1]!.init).toHaveProperty('retry', theirs);
      expect(requests[1]!.init).not.toHaveProperty('steadfetch');
      expect(await attempts({ retry: theirs, steadfetch: { retry: false } })).toBe(1);
      expect(await attempts({ steadfetch: {} })).toBe(3);
    },
  );

  it.each([undefined, 'job 8'])(
    'leave the meta beside them to an observer inside, where the init has %s',
    async (meta) => {
      const seen: unknown[] = [];
      const observer = observe((event) => seen.push(event.meta));

      await compose(retry(quick()), observer)(scripted(200).fetch)(API, {
        meta,
        steadfetch: { meta: 'job 7', retry: { maxRetries: 1 } },
      });

      expect(seen).toEqual(Array(3).fill(meta ?? 'job 7'));
    },
  );
});

describe('the budget', () => {
  it('records every outcome, and is asked for every retry with its kind', async () => {
    const record = vi.fn();
    const acquire = vi.fn(() => ({ release: () => {} }));
    const { fetch } = scripted(503, { status: 429, headers: { 'retry-after': '1' } }, networkError(), 404);

    await retry({ clock: instantClock(), budget: { acquire, record }, maxRetries: 5 })(fetch)(API);

    expect(record.mock.calls.map(([, outcome]) => outcome)).toEqual(['failure', 'failure', 'failure', 'success']);
    expect(acquire.mock.calls).toEqual([
      ['https://api.test', 'transient'],
      ['https://api.test', 'throttled'],
      ['https://api.test', 'transient'],
    ]);
  });
});

describe('a budget that is broken', () => {
  const broken = () => {
    throw new Error('its store is gone');
  };

  it('costs the caller no answer, and allows no retry', async () => {
    const { fetch, requests } = scripted(503, 200);
    const steady = retry({ clock: instantClock(), budget: { acquire: broken, record: broken } })(fetch);

    expect((await steady(API)).status).toBe(503);
    expect((await steady(API)).status).toBe(200);
    expect(requests).toHaveLength(2);
  });
});

describe('a retry inside a retry', () => {
  const foreign: Middleware = (next) => async (input, init) => {
    await Promise.resolve();
    return next(input, { ...init });
  };

  it('passes calls through, and warns of it once', async () => {
    vi.resetModules();
    const { retry } = await import('../src/index.ts');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const attempts = async (...between: Middleware[]) => {
      const { fetch, requests } = scripted(503);
      const options = { clock: instantClock(), budget: false as const };
      await compose(retry(options), ...between, retry(options))(fetch)(API, { retry: { maxRetries: 1 } });
      return requests.length;
    };

    expect(await attempts()).toBe(2);
    expect(await attempts(foreign)).toBe(2);
    const { fetch, requests } = scripted(503);
    const quick = { clock: instantClock(), budget: false as const };
    await compose(retry(quick), retry(quick))(fetch)(API);
    expect(requests).toHaveLength(3);
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it('retries no call for which the outer one is off, and warns of nothing', async () => {
    vi.resetModules();
    const { retry } = await import('../src/index.ts');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const attempts = async (...between: Middleware[]) => {
      const { fetch, requests } = scripted(503);
      const quick = { clock: instantClock(), budget: false as const };
      await compose(retry(quick), ...between, retry(quick))(fetch)(API, { retry: false });
      return requests.length;
    };

    expect(await attempts()).toBe(1);
    expect(await attempts(foreign)).toBe(1);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('retries a call that reaches it without the init of the outer one', async () => {
    const { fetch, requests } = scripted(503);
    const inner: Fetch = (input) => retry({ clock: instantClock() })(fetch)(input);

    await retry()(inner)(API, { retry: false });

    expect(requests).toHaveLength(3);
  });
});
