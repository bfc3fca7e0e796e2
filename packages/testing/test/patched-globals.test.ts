import { defineMiddleware, type Middleware } from '@steadfetch/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { contractChecks, simulate } from '../src/index.ts';

const pass: Middleware = defineMiddleware((call, next) => next(call));
const throws: Middleware = () => () => {
  throw new Error('of the test');
};

const NAMES = [
  'setTimeout',
  'setInterval',
  'clearTimeout',
  'clearInterval',
  'Date',
  'Request',
  'Response',
  'AbortSignal',
];

/** Everything that the kit puts something else in the place of, and how it is kept. */
function globals(): unknown[] {
  return [
    ...NAMES.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)),
    Object.getOwnPropertyDescriptor(Math, 'random'),
    Object.getOwnPropertyDescriptor(performance, 'now'),
    Object.getOwnPropertyDescriptor(AbortSignal, 'timeout'),
    Request.prototype.clone,
    Response.prototype.clone,
  ];
}

const simulation = (client: () => never) =>
  simulate({ client, arrivals: 1, seconds: 1, service: { capacity: 1 }, globals: true });

const patching: Record<string, () => Promise<unknown>> = {
  'a check that passes': () => contractChecks['leaves no timer behind']!(() => pass),
  'a check that fails': () => contractChecks['leaves no timer behind']!(() => throws),
  'a check of copies that throws': () =>
    contractChecks['builds no Request and clones nothing for a plain call']!(() => throws),
  'a check whose middleware cannot be made': () =>
    contractChecks['leaves no timer behind']!(() => {
      throw new Error('of the test');
    }),
  'a simulation that ends': () => simulation(((fetch: unknown) => fetch) as never),
  'a simulation whose client cannot be made': () =>
    simulation(() => {
      throw new Error('of the test');
    }),
};

describe.each(['real', 'fake'])('the globals, with %s timers,', (timers) => {
  beforeEach(() => void (timers === 'fake' && vi.useFakeTimers()));
  afterEach(() => void vi.useRealTimers());

  it.each(Object.keys(patching))('are as they were after %s', async (name) => {
    const before = globals();

    await patching[name]!().catch(() => {});

    expect(globals()).toEqual(before);
  });

  it('are as they were after all of these at once', async () => {
    const before = globals();

    await Promise.allSettled(Object.values(patching).map((run) => run()));

    expect(globals()).toEqual(before);
  });

  it('may be replaced by fake ones meanwhile, and are real in the end', async () => {
    vi.useRealTimers();
    const { setTimeout } = globalThis;
    const check = contractChecks['builds no Request and clones nothing for a plain call']!(() => pass);
    vi.useFakeTimers();
    await check;
    vi.useRealTimers();

    expect(globalThis.setTimeout).toBe(setTimeout);
  });
});
