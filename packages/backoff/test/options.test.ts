import { describe, expect, it } from 'vitest';
import { constant, exponential, fibonacci, linear } from '../src/index.ts';

const FACTORIES: [string, (options: never) => unknown, string[]][] = [
  ['linear', linear, ['base', 'step', 'cap']],
  ['exponential', exponential, ['base', 'factor', 'cap']],
  ['fibonacci', fibonacci, ['base', 'cap']],
];
const OPTIONS = FACTORIES.flatMap(([owner, factory, names]) => names.map((name) => [owner, name, factory] as const));
const WRONG_TYPES: [string, unknown][] = [
  ['"5"', '5'],
  ['null', null],
  ['true', true],
  ['{ base: 1 }', { base: 1 }],
  ['function options', function options() {}],
  [
    'function (anonymous)',
    (
      () => () =>
        1
    )(),
  ],
  ['{ self: {…} }', circular()],
  [`"${'x'.repeat(78)}…`, 'x'.repeat(1_000)],
  ['5', 5n],
];
const OUT_OF_RANGE = [NaN, -1, -Infinity, Infinity];

describe.each(OPTIONS)('%s: %s', (owner, name, factory) => {
  it.each(WRONG_TYPES)('refuses %s', (shown, value) => {
    const build = () => factory({ [name]: value } as never);

    expect(build).toThrow(TypeError);
    expect(build).toThrow(`${owner}: ${name}: expected a number from 0 to `);
    expect(build).toThrow(`got ${shown}`);
  });

  it.each(OUT_OF_RANGE)('refuses %s', (value) => {
    const build = () => factory({ [name]: value } as never);

    expect(build).toThrow(RangeError);
    expect(build).toThrow(new RegExp(`^${owner}: ${name}: expected .* got ${value}$`));
  });

  it('takes the default when it is undefined', () => {
    expect(() => factory({ [name]: undefined } as never)).not.toThrow();
  });
});

it.each(OPTIONS.filter(([, name]) => name !== 'factor'))(
  'refuses more than a timer holds for %s: %s',
  (owner, name, factory) => {
    expect(() => factory({ [name]: 2_147_483_648 } as never)).toThrow(
      new RangeError(`${owner}: ${name}: expected a number from 0 to 2147483647, got 2147483648`),
    );
  },
);

describe.each(FACTORIES)('%s', (owner, factory, names) => {
  it.each([[null], [5], ['base'], [() => 250], [[]], [[250]]])('refuses options that are %s', (options) => {
    expect(() => factory(options as never)).toThrow(TypeError);
    expect(() => factory(options as never)).toThrow(`${owner}: expected an options object`);
  });

  it.each(['bse', 'toString', 'minTimeout'])('refuses the unknown option %s', (name) => {
    expect(() => factory({ [name]: 1 } as never)).toThrow(
      `${owner}: unknown option '${name}', expected one of ${names.join(', ')}`,
    );
  });
});

describe('constant', () => {
  it.each(WRONG_TYPES)('refuses %s', (shown, value) => {
    expect(() => constant(value as never)).toThrow(TypeError);
    expect(() => constant(value as never)).toThrow(
      `constant: ms: expected a number from 0 to 2147483647, got ${shown}`,
    );
  });

  it.each([...OUT_OF_RANGE, 2_147_483_648])('refuses %s', (value) => {
    expect(() => constant(value)).toThrow(RangeError);
  });
});

function circular(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}
