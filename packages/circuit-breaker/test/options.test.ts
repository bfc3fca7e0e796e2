import {
  breaker,
  circuitBreaker,
  consecutive,
  countWindow,
  noSuccess,
  type Rule,
  timeWindow,
} from '@steadfetch/circuit-breaker';
import { expect, it } from 'vitest';

const NAN = Number.NaN;
const INFINITY = Number.POSITIVE_INFINITY;

/** Values that are refused: the function that takes the option, its name, and the values. */
const NUMBERS: [make: (value: never) => unknown, option: string, values: unknown[]][] = [
  [(value) => consecutive(value), 'consecutive: failures', ['3', undefined, NAN, 0, -1, 1.5, INFINITY]],
  [(size) => countWindow({ size }), 'countWindow: size', ['3', NAN, 0, -1, 1.5, INFINITY, 100_001]],
  [(minCalls) => countWindow({ minCalls }), 'countWindow: minCalls', ['3', NAN, 0, 1.5, INFINITY, 21]],
  [(failureRatio) => countWindow({ failureRatio }), 'countWindow: failureRatio', ['3', NAN, 0, -0.1, 1.1, INFINITY]],
  [(window) => timeWindow({ window }), 'timeWindow: window', ['3', NAN, 0, -1, INFINITY, 2_147_483_648]],
  [(minCalls) => timeWindow({ minCalls }), 'timeWindow: minCalls', ['3', NAN, 0, 1.5, INFINITY]],
  [(failureRatio) => timeWindow({ failureRatio }), 'timeWindow: failureRatio', ['3', NAN, 0, -0.1, 1.1, INFINITY]],
  [(slowerThan) => timeWindow({ slowerThan }), 'timeWindow: slowerThan', ['3', NAN, -1, INFINITY, 2_147_483_648]],
  [(slowCallRatio) => timeWindow({ slowerThan: 1, slowCallRatio }), 'timeWindow: slowCallRatio', ['3', NAN, 0, 1.1]],
  [(openFor) => circuitBreaker({ openFor }), 'circuitBreaker: openFor', ['3', NAN, 0, -1, INFINITY, 2_147_483_648]],
  [(probes) => circuitBreaker({ probes }), 'circuitBreaker: probes', ['3', NAN, 0, -1, 1.5, INFINITY]],
  [(probeTimeout) => circuitBreaker({ probeTimeout }), 'circuitBreaker: probeTimeout', ['3', NAN, 0, -1, INFINITY]],
  [(minCalls) => noSuccess({ minCalls }), 'noSuccess: minCalls', ['3', NAN, 0, -1, 1.5, INFINITY]],
  [(silence) => noSuccess({ silence }), 'noSuccess: silence', ['3', NAN, -1, INFINITY, 2_147_483_648]],
  [(probes) => breaker({ probes }), 'breaker: probes', ['3', NAN, 0]],
];

it.each(NUMBERS.flatMap(([make, option, values]) => values.map((value) => [option, value, make] as const)))(
  'refuses %s of %j',
  (option, value, make) => {
    expect(() => make(value as never)).toThrow(
      new RegExp(`^${option.replace('.', '\\.')}: expected .*, got "?${value}"?`),
    );
  },
);

const FUNCTIONS = ['key', 'isFailure', 'random'];

it.each(FUNCTIONS)('refuses %s that is not a function', (option) => {
  expect(() => circuitBreaker({ [option]: 5 })).toThrow(
    new TypeError(`circuitBreaker: ${option}: expected a function, got 5`),
  );
});

it.each([
  [{ rule: consecutive }, 'circuitBreaker: rule: expected a rule such as consecutive(5), got'],
  [{ rule: null }, 'circuitBreaker: rule: expected a rule such as consecutive(5), got null'],
  [{ rule: {} }, 'circuitBreaker: rule.start: expected a function, got undefined'],
  [{ rule: { start: () => {}, isSlow: 1 } }, 'circuitBreaker: rule.isSlow: expected a function, got 1'],
  [{ clock: {} }, 'circuitBreaker: clock.now: expected a function, got undefined'],
  [{ clock: null }, 'circuitBreaker: clock.now: expected a function, got undefined'],
  [{ clock: 5 }, 'circuitBreaker: clock.now: expected a function, got undefined of clock 5'],
  [{ openFor: '5' }, 'circuitBreaker: openFor: expected milliseconds or a function, got "5"'],
  [
    { breaker: { acquire: () => {} } },
    'circuitBreaker: breaker: expected a breaker(), got { acquire: function acquire }',
  ],
  [{ breaker: null }, 'circuitBreaker: breaker: expected a breaker(), got null'],
  [{ breaker: circuitBreaker() }, 'circuitBreaker: breaker: expected a breaker(), got function (anonymous)'],
  [{ breaker: breaker(), probes: 2 }, 'circuitBreaker: probes: belongs to the breaker that was passed, give it there'],
  [{ hooks: { onOpen: 5 } }, 'circuitBreaker: hooks.onOpen: expected a function, got 5'],
  [{ hooks: [{ onopen: () => {} }] }, "circuitBreaker: hooks: unknown option 'onopen'"],
  [{ hooks: 5 }, 'circuitBreaker: hooks: expected an object with onOpen, onHalfOpen, onClose'],
  [{ threshold: 5 }, "circuitBreaker: unknown option 'threshold', expected one of key, isFailure"],
  [null, 'circuitBreaker: expected an options object, got null'],
])('refuses %j', (options, message) => {
  expect(() => circuitBreaker(options as never)).toThrow(message);
});

it('refuses unknown options of rules and breakers', () => {
  expect(() => noSuccess({ window: 3 } as never)).toThrow("noSuccess: unknown option 'window'");
  expect(() => timeWindow({ size: 3 } as never)).toThrow("timeWindow: unknown option 'size'");
  expect(() => countWindow({ window: 3 } as never)).toThrow("countWindow: unknown option 'window'");
  expect(() => breaker({ key: () => '' } as never)).toThrow("breaker: unknown option 'key'");
});

it('says that a ratio is above 0', () => {
  expect(() => timeWindow({ failureRatio: -1 })).toThrow(
    new RangeError('timeWindow: failureRatio: expected a number above 0, up to 1, got -1'),
  );
  expect(() => countWindow({ slowerThan: 1, slowCallRatio: '1' as never })).toThrow(
    new TypeError('countWindow: slowCallRatio: expected a number above 0, up to 1, got "1"'),
  );
});

it('refuses a value that is not a number', () => {
  expect(() => countWindow({ size: Symbol('3') as never })).toThrow('countWindow: size: expected an integer');
});

it('refuses a slowCallRatio without slowerThan', () => {
  expect(() => timeWindow({ slowCallRatio: 0.5 })).toThrow('timeWindow: slowCallRatio: needs slowerThan');
});

it('uses the default for an option that is undefined', () => {
  const options = { rule: undefined, openFor: undefined, probes: undefined, breaker: undefined, clock: undefined };

  expect(() => circuitBreaker(options as never)).not.toThrow();
});

it('stays closed if a rule returns a promise', async () => {
  const rule = { start: () => ({ record: async () => false }) } as unknown as Rule;
  const fetch = circuitBreaker({ rule })(async () => new Response());
  await fetch('https://api.test');

  expect((await fetch('https://api.test')).status).toBe(200);
});
