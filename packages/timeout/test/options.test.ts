import { describe, expect, it } from 'vitest';
import { type TimeoutLimits, type TimeoutOptions, timeout } from '../src/index.ts';

const clock = { now: () => 0, sleep: async () => {} };

describe('timeout', () => {
  it.each([
    [undefined, TypeError, /^timeout: expected milliseconds or an options object, got undefined$/],
    [null, TypeError, /^timeout: .*null/],
    ['1000', TypeError, /^timeout: expected milliseconds or an options object, got "1000"$/],
    [0, RangeError, /^timeout: expected a number from 1 to 2147483647, got 0/],
    [-1, RangeError, /-1/],
    [Number.NaN, RangeError, /NaN/],
    [Infinity, RangeError, /Infinity/],
    [2 ** 31, RangeError, /2147483648/],
    [{}, TypeError, /headers or body/],
    [{ headers: undefined }, TypeError, /headers or body/],
    [{ headers: 0 }, RangeError, /^timeout: headers: .*got 0/],
    [{ headers: '5' }, TypeError, /^timeout: headers: .*"5"/],
    [{ headers: 5, body: 0 }, RangeError, /^timeout: body: .*got 0/],
    [{ body: false }, TypeError, /^timeout: body: .*false/],
    [{ body: 2 ** 31 }, RangeError, /^timeout: body: .*2147483648/],
    [{ header: 5 }, TypeError, /^timeout: unknown option 'header', expected one of headers, body/],
  ])('refuses the limits %o', (limits, kind, message) => {
    const build = () => timeout(limits as TimeoutLimits);

    expect(build).toThrow(kind);
    expect(build).toThrow(message);
  });

  it.each([
    [null, /^timeout: .*null/],
    [{ clocks: clock }, /^timeout: unknown option 'clocks'/],
    [{ clock: null }, /^timeout: clock.now: .*undefined/],
    [{ clock: { now: () => 0 } }, /^timeout: clock.sleep: .*undefined/],
  ])('refuses the options %o', (options, message) => {
    expect(() => timeout(5, options as TimeoutOptions)).toThrow(message);
  });

  it.each([1, 2 ** 31 - 1, { headers: 1 }, { body: 1 }, { headers: 5, body: 1 }, { headers: 5, body: undefined }])(
    'takes the limits %o',
    (limits) => {
      expect(timeout(limits as TimeoutLimits, { clock })).toBeTypeOf('function');
    },
  );
});
