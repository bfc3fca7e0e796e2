import { defineMiddleware, type Middleware } from '@steadfetch/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { patch } from '../src/contract/patch.ts';
import { contractChecks, simulate } from '../src/index.ts';

/** A second copy, loaded while timers are real. */
vi.resetModules();
const copy = await import('../src/index.ts');

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

  it('are as they were after two copies of this package at once, as files in one process have them', async () => {
    const before = globals();
    expect(copy.contractChecks).not.toBe(contractChecks);

    const names = ['leaves no timer behind', 'builds no Request and clones nothing for a plain call'];
    const results = await Promise.allSettled(
      [contractChecks, copy.contractChecks].flatMap((checks) => names.map((name) => checks[name]!(() => pass))),
    );

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
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

it('puts a member in the place of one that can be written, and no more, as in Bun', () => {
  const target = Object.defineProperty({ clone: 'theirs' }, 'clone', { configurable: false });

  const undo = patch(target, { clone: 'ours' });

  expect(target.clone).toBe('ours');
  undo();
  expect(target.clone).toBe('theirs');
});
