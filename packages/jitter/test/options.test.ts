import { constant, exponential } from '@steadfetch/backoff';
import { describe, expect, it } from 'vitest';
import { decorrelatedJitter, equalJitter, fullJitter, proportionalJitter } from '../src/index.ts';

const NO_FUNCTIONS: [string, unknown][] = [
  ['null', null],
  ['"full"', 'full'],
  ['0.3', 0.3],
  ['{ base: 1 }', { base: 1 }],
  ['{ self: {…} }', circular()],
  [`"${'x'.repeat(78)}…`, 'x'.repeat(1_000)],
];
const MAX_TIMER = 2_147_483_647;

const FUNCTIONS: [string, string, (value: never) => unknown][] = [
  ['fullJitter', 'delay', (value) => fullJitter(value)],
  ['fullJitter', 'random', (value) => fullJitter(constant(1), value)],
  ['equalJitter', 'delay', (value) => equalJitter(value)],
  ['equalJitter', 'random', (value) => equalJitter(constant(1), value)],
  ['proportionalJitter', 'delay', (value) => proportionalJitter(value)],
  ['proportionalJitter', 'random', (value) => proportionalJitter(constant(1), {}, value)],
  ['decorrelatedJitter', 'random', (value) => decorrelatedJitter({}, value)],
];

describe.each(FUNCTIONS)('%s: %s', (owner, name, build) => {
  it.each(NO_FUNCTIONS)('refuses %s', (shown, value) => {
    expect(() => build(value as never)).toThrow(new TypeError(`${owner}: ${name}: expected a function, got ${shown}`));
  });
});

const NUMBERS: [string, string, number, (options: never) => unknown][] = [
  ['proportionalJitter', 'spread', 1, (options) => proportionalJitter(constant(1), options)],
  ['decorrelatedJitter', 'base', MAX_TIMER, (options) => decorrelatedJitter(options)],
  ['decorrelatedJitter', 'cap', MAX_TIMER, (options) => decorrelatedJitter(options)],
];

describe.each(NUMBERS)('%s: %s', (owner, name, limit, build) => {
  it.each([
    ['"5"', '5'],
    ['null', null],
    ['true', true],
  ])('refuses %s', (shown, value) => {
    expect(() => build({ [name]: value } as never)).toThrow(
      new TypeError(`${owner}: ${name}: expected a number from 0 to ${limit}, got ${shown}`),
    );
  });

  it.each([NaN, -0.1, Infinity, limit + 1])('refuses %s', (value) => {
    expect(() => build({ [name]: value } as never)).toThrow(
      new RangeError(`${owner}: ${name}: expected a number from 0 to ${limit}, got ${value}`),
    );
  });

  it('takes the default when it is undefined', () => {
    expect(() => build({ [name]: undefined } as never)).not.toThrow();
  });

  it.each([[null], [5], ['spread'], [[]], [[1]]])('refuses options that are %s', (options) => {
    expect(() => build(options as never)).toThrow(TypeError);
    expect(() => build(options as never)).toThrow(`${owner}: expected an options object`);
  });

  it.each(['sprad', 'toString'])('refuses the unknown option %s', (unknown) => {
    const names = owner === 'proportionalJitter' ? 'spread' : 'base, cap';

    expect(() => build({ [unknown]: 1 } as never)).toThrow(
      `${owner}: unknown option '${unknown}', expected one of ${names}`,
    );
  });
});

function circular(): object {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
}

it('refuses at its first use a function that makes a delay, and names it', () => {
  const delay = fullJitter(exponential as never);

  expect(() => delay({ attempt: 1, previousDelay: 0 })).toThrow("exponential: unknown option 'attempt'");
});

it.each([
  [function named() {}, 'function named'],
  [
    (
      () => () =>
        1
    )(),
    'function (anonymous)',
  ],
])('shows a function by its name: %s', (value, shown) => {
  expect(() => proportionalJitter(constant(1), { spread: value as never })).toThrow(`got ${shown}`);
});
