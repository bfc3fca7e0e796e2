import { describe, expect, it } from 'vitest';
import { type RateLimitOptions, rateLimit } from '../src/index.ts';

describe('the options of rateLimit', () => {
  it.each([
    [{ maxWait: -1 }, RangeError, 'rateLimit: maxWait: expected a number from 0 to 2147483647, got -1'],
    [{ maxWait: NaN }, RangeError, 'rateLimit: maxWait'],
    [{ maxWait: Infinity }, RangeError, 'rateLimit: maxWait'],
    [{ maxWait: '5' }, TypeError, 'rateLimit: maxWait'],
    [{ maxQueue: 1.5 }, RangeError, 'rateLimit: maxQueue: expected an integer >= 0, got 1.5'],
    [{ maxResends: -1 }, RangeError, 'rateLimit: maxResends'],
    [{ limit: { requests: 0, per: 1_000 } }, RangeError, 'rateLimit: limit.requests: expected an integer from 1'],
    [{ limit: { requests: 1, per: 0 } }, RangeError, 'rateLimit: limit.per'],
    [{ limit: { requests: 1, interval: 1 } }, TypeError, "rateLimit: limit: unknown option 'interval'"],
    [{ limit: 100 }, TypeError, 'rateLimit: limit: expected { requests, per }, got 100'],
    [
      { store: { eval() {} } },
      TypeError,
      'rateLimit: store: expected a LimitStore, such as redisStore(client), got { eval: ',
    ],
    [{ store: null }, TypeError, 'rateLimit: store: expected a LimitStore, such as redisStore(client), got null'],
    [
      { limit: { requests: 1, per: 1 }, store: { pacer() {} } },
      TypeError,
      'rateLimit: limit: expected none beside a store, which takes a limit itself, got { requests: 1, per: 1 }',
    ],
    [{ statuses: [200] }, RangeError, 'rateLimit: statuses'],
    [{ statuses: 429 }, TypeError, 'rateLimit: statuses: expected an array of statuses, got 429'],
    [{ methods: ['GET', ''] }, TypeError, 'rateLimit: methods: expected method names, got ""'],
    [{ methods: 'GET' }, TypeError, 'rateLimit: methods: expected an array of method names, got "GET"'],
    [{ key: 'origin' }, TypeError, 'rateLimit: key: expected a function'],
    [{ scope: 'host' }, TypeError, 'rateLimit: scope: expected a function or one of auto, path, credential, origin'],
    [{ proof: true }, TypeError, 'rateLimit: proof: expected one of direct, first'],
    [{ cost: 3 }, TypeError, 'rateLimit: cost: expected a function'],
    [{ costOf: 3 }, TypeError, 'rateLimit: costOf: expected a function'],
    [{ random: 0.5 }, TypeError, 'rateLimit: random'],
    [{ clock: {} }, TypeError, 'rateLimit'],
    [{ hooks: { onLimit: true } }, TypeError, 'rateLimit: hooks.onLimit: expected a function'],
    [{ maxwait: 1 }, TypeError, "rateLimit: unknown option 'maxwait'"],
    [null, TypeError, 'rateLimit: expected an options object'],
  ])('refuses %o', (options, error, message) => {
    const make = () => rateLimit(options as RateLimitOptions);

    expect(make).toThrow(error);
    expect(make).toThrow(message);
  });

  it('takes the least and the largest value of its numbers', () => {
    const options = { maxWait: 2_147_483_647, maxQueue: Infinity, maxResends: 0, limit: { requests: 1, per: 1 } };

    expect(() => rateLimit(options)).not.toThrow();
  });
});
