import { describe, expect, it } from 'vitest';
import { breaker, type StandardOptions, standard } from '../src/index.ts';
import { systemClock } from '../src/kit.ts';

const LAYERS = ['idempotencyKey', 'retry', 'rateLimit', 'circuitBreaker', 'bufferBody'];
const NO_NUMBER = ['1', null, true, {}];
const TOO_FAR = [Number.NaN, -1, Infinity, 2 ** 31];

function failureOf(options: unknown): Error | undefined {
  try {
    standard(options as StandardOptions);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

describe('the options of standard', () => {
  it.each(['timeout', 'attemptTimeout'])('reject an invalid time for %s', (name) => {
    for (const value of NO_NUMBER) {
      expect(failureOf({ [name]: value }), String(value)).toBeInstanceOf(TypeError);
    }
    for (const value of [...TOO_FAR, 0]) {
      const failure = failureOf({ [name]: value });
      expect(failure, String(value)).toBeInstanceOf(RangeError);
      expect(failure!.message).toBe(`standard: ${name}: expected a number from 1 to 2147483647, got ${value}`);
    }
  });

  it.each(LAYERS)('reject anything but true, false or options for %s', (name) => {
    // a number is valid only for `retry`
    for (const value of ['yes', ...(name === 'retry' ? [] : [1]), null, () => {}, []]) {
      const failure = failureOf({ [name]: value });
      expect(failure).toBeInstanceOf(TypeError);
      expect(failure!.message).toContain(`standard: ${name}: expected true, false or a plain options object, got `);
    }
  });

  it.each([...LAYERS, 'concurrency', 'attemptTimeout'])('reject a value that is no options object for %s', (name) => {
    for (const value of [new Map([['max', 1]]), new Date(0), []]) {
      const failure = failureOf({ [name]: value });
      expect(failure, String(value)).toBeInstanceOf(TypeError);
      expect(failure!.message).toMatch(
        new RegExp(`^standard: ${name}: expected (true, false or a plain|a plain|an) options object, got `),
      );
    }
  });

  it.each([...LAYERS, 'concurrency'])(
    'refuse for %s an instance of a class, whose members a copy would lose',
    (name) => {
      class Mine {
        max = 1;
      }
      const failure = failureOf({ [name]: new Mine() });
      expect(failure).toBeInstanceOf(TypeError);
      expect(failure!.message).toMatch(`a plain options object, got [object Object]`);
    },
  );

  it.each(LAYERS)('reject an unknown option of %s', (name) => {
    expect(failureOf({ [name]: { maxTries: 1 } })?.message).toContain(`${name}: unknown option 'maxTries'`);
  });

  it('reject an unknown option', () => {
    const failure = failureOf({ retries: 3 });

    expect(failure).toBeInstanceOf(TypeError);
    expect(failure!.message).toMatch(/^standard: unknown option 'retries', expected one of timeout, attemptTimeout/);
    expect(failureOf(null)).toBeInstanceOf(TypeError);
    expect(failureOf('fast')).toBeInstanceOf(TypeError);
  });

  it.each<[string, unknown[], string]>([
    ['concurrency', [Number.NaN, -1, 0, 1.5], 'standard: concurrency: expected an integer >= 1, got'],
    ['retry.maxDelay', TOO_FAR, 'retry: maxDelay: expected a number from 0 to 2147483647, got'],
    ['retry.maxRetries', [-1, Number.NaN, 1.5], 'retry: maxRetries: expected an integer'],
    ['rateLimit.maxWait', TOO_FAR, 'rateLimit: maxWait: expected a number from 0 to 2147483647, got'],
    ['circuitBreaker.openFor', [...TOO_FAR, 0], 'circuitBreaker: openFor: expected a number from 1 to 2147483647, got'],
    ['bufferBody.maxBytes', [0, -1, Number.NaN, Infinity], 'bufferBody: maxBytes: expected an integer from 1'],
    [
      'attemptTimeout.headers',
      [...TOO_FAR, 0],
      'standard: attemptTimeout: headers: expected a number from 1 to 2147483647, got',
    ],
    [
      'attemptTimeout.body',
      [...TOO_FAR, 0],
      'standard: attemptTimeout: body: expected a number from 1 to 2147483647, got',
    ],
    ['concurrency.max', [0, Number.NaN], 'concurrency: max: expected an integer >= 1, got'],
  ])('refuse a %s out of range', (path, values, message) => {
    const [name, option] = path.split('.') as [string, string?];
    for (const value of values) {
      const failure = failureOf({ [name]: option === undefined ? value : { [option]: value } });
      expect(failure, String(value)).toBeInstanceOf(RangeError);
      expect(failure!.message).toContain(message);
    }
  });

  it.each<[object, string]>([
    [{ concurrency: '3' }, 'standard: concurrency'],
    [{ concurrency: null }, 'standard: concurrency'],
    [{ concurrency: {} }, 'concurrency: max'],
    [{ concurrency: { limit: 4 } }, "standard: concurrency: unknown option 'limit', expected one of max, key"],
    [{ attemptTimeout: {} }, 'standard: attemptTimeout: expected a limit for headers or body, got {}'],
    [{ attemptTimeout: { headers: '5s' } }, 'standard: attemptTimeout: headers'],
    [{ attemptTimeout: { header: 1 } }, "standard: attemptTimeout: unknown option 'header'"],
    [{ retry: { maxDelay: '5s' } }, 'retry: maxDelay'],
    [{ rateLimit: { maxWait: '5s' } }, 'rateLimit: maxWait'],
    [{ idempotencyKey: { generate: 'uuid' } }, 'idempotencyKey: generate'],
    [{ clock: {} }, 'standard: clock.now'],
    [{ clock: null }, 'standard: clock.now'],
    [{ random: 4 }, 'standard: random'],
    [{ circuitBreaker: { breaker: breaker(), openFor: 1_000 } }, 'circuitBreaker: openFor: belongs to the breaker'],
  ])('refuse %o with a TypeError', (options, message) => {
    const failure = failureOf(options);

    expect(failure).toBeInstanceOf(TypeError);
    expect(failure!.message).toContain(message);
  });

  it.each<[StandardOptions, string]>([
    [{ attemptTimeout: 30_000 }, 'attemptTimeout: expected less than timeout (30000), got 30000'],
    [{ timeout: 5_000, attemptTimeout: 8_000 }, 'attemptTimeout: expected less than timeout (5000), got 8000'],
    [{ timeout: 5_000, attemptTimeout: { headers: 5_000 } }, 'expected less than timeout (5000), got 5000'],
    [{ timeout: 5_000, retry: { maxDelay: 5_001 } }, 'retry.maxDelay: expected at most timeout (5000), got 5001'],
    [{ rateLimit: { maxWait: 60_000 } }, 'rateLimit.maxWait: expected at most timeout (30000), got 60000'],
  ])('refuse numbers that cannot work together: %o', (options, message) => {
    const failure = failureOf(options);

    expect(failure).toBeInstanceOf(RangeError);
    expect(failure!.message).toContain(`standard: ${message}`.replace('standard: expected', 'expected'));
  });

  it.each<StandardOptions>([
    { timeout: 5_000, attemptTimeout: 4_999, retry: { maxDelay: 5_000 }, rateLimit: { maxWait: 5_000 } },
    { timeout: 5_000, attemptTimeout: { body: 60_000 } },
    { timeout: false, attemptTimeout: 600_000, retry: { maxDelay: 900_000 }, rateLimit: { maxWait: 900_000 } },
    { timeout: 1 },
    { timeout: 2_147_483_647 },
    { clock: systemClock, random: () => 0, circuitBreaker: { breaker: breaker() } },
    {},
  ])('accept %o', (options) => {
    expect(failureOf(options)).toBeUndefined();
  });
});
