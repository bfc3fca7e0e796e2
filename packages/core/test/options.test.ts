import { runInNewContext } from 'node:vm';
import type { Clock } from '@steadfetch/core';
import {
  checkBoolean,
  checkChoice,
  checkMethods,
  checkMs,
  checkNumber,
  clockOption,
  type OptionTable,
  randomOption,
  readOptions,
} from '@steadfetch/core/kit';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';

interface Options {
  share?: number;
  window?: number;
  loud?: boolean;
  style?: 'plain' | 'bold';
  methods?: readonly string[];
  limit?: number;
  clock?: Clock;
  random?: () => number;
}

const OPTIONS = {
  share: { check: checkNumber, default: 0.5, max: 1 },
  window: { check: checkMs, default: 60_000, min: 1 },
  loud: { check: checkBoolean, default: false },
  style: { check: checkChoice<'plain' | 'bold'>, default: 'plain', values: ['plain', 'bold'] },
  methods: { check: checkMethods, default: ['GET'] },
  limit: { check: checkNumber, integer: true },
  clock: clockOption,
  random: randomOption,
} satisfies OptionTable<Options>;

const read = (options?: object) => readOptions('demo', OPTIONS, options as Options);

describe('readOptions', () => {
  it('fills in the defaults, each as its check returns it', () => {
    expect(read()).toMatchObject({ share: 0.5, window: 60_000, loud: false, style: 'plain', limit: undefined });
    expect(read({ share: undefined, loud: true })).toMatchObject({ share: 0.5, loud: true });
    expect(read().methods).toEqual(new Set(['GET']));
    vi.spyOn(Math, 'random').mockReturnValueOnce(0.25);
    expect(read().random()).toBe(0.25);
  });

  it('has a type that says which settings are always there', () => {
    const settings = readOptions('demo', OPTIONS, {} as Options);

    expectTypeOf(settings.share).toEqualTypeOf<number>();
    expectTypeOf(settings.style).toEqualTypeOf<'plain' | 'bold'>();
    expectTypeOf(settings.methods).toEqualTypeOf<ReadonlySet<string>>();
    expectTypeOf(settings.limit).toEqualTypeOf<number | undefined>();
    expectTypeOf(settings.clock).toEqualTypeOf<Clock>();
  });

  it.each([
    [{ share: 2 }, RangeError, 'demo: share: expected a number from 0 to 1, got 2'],
    [{ window: 0 }, RangeError, 'demo: window: expected a number from 1 to 2147483647, got 0'],
    [{ loud: 1 }, TypeError, 'demo: loud: expected true or false, got 1'],
    [{ style: 'thin' }, TypeError, 'demo: style: expected one of plain, bold, got "thin"'],
    [{ limit: 1.5 }, RangeError, 'demo: limit: expected an integer >= 0, got 1.5'],
    [{ clock: 5 }, TypeError, 'demo: clock.now: expected a function, got undefined of clock 5'],
    [{ sharr: 1 }, TypeError, "demo: unknown option 'sharr'"],
    [null, TypeError, 'demo: expected an options object, got null'],
  ])('refuses %o by name', (options, kind, message) => {
    expect(() => read(options as object)).toThrow(kind);
    expect(() => read(options as object)).toThrow(message);
  });

  it('reads an option of a class, and each only once', () => {
    const share = vi.fn(() => 0.1);
    class Mine {
      get share(): number {
        return share();
      }
    }

    expect(read(new Mine()).share).toBe(0.1);
    expect(share).toHaveBeenCalledTimes(1);
  });

  it.each([[new Map([['share', 1]])], [new Date(0)], [[]], [() => {}]])(
    'refuses %o, which holds no options',
    (options) => {
      expect(() => read(options)).toThrow(TypeError);
      expect(() => read(options)).toThrow('demo: expected an options object, got ');
    },
  );

  it.each([
    [{ __proto__: null, share: 1 }],
    [runInNewContext('({ share: 1 })')],
    [new Proxy({ share: 1 }, {})],
    [{ __proto__: null, share: 1, [Symbol.toStringTag]: 'Module' }], // `import * as options`
  ])('takes an object of any kind: %#', (options) => {
    expect(read(options).share).toBe(1);
  });

  it('takes what is left out from a base, which is checked already', () => {
    const base = read({ share: 0.7, limit: 3 });

    expect(readOptions('demo', OPTIONS, { window: 5 }, base)).toEqual({ ...base, window: 5 });
  });

  it('is refused by the compiler with a name too many or too few', () => {
    // @ts-expect-error no such option
    ({ share: {}, other: {} }) satisfies OptionTable<{ share?: number }>;
    // @ts-expect-error an option is missing
    ({ share: {} }) satisfies OptionTable<{ share?: number; window?: number }>;
  });
});
