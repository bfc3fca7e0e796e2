import { mock } from 'node:test';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** A copy of the module that meets the globals as they are now. */
async function load() {
  vi.resetModules();
  return await import('../src/contract/macrotask.ts');
}

const fake = () => vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout'] });

it('takes a turn of the real event loop where timers are faked before or after it is loaded', async () => {
  const before = await load();
  fake();
  const after = await load();

  await before.macrotask();
  await before.millisecond();
  await after.macrotask();
  await after.millisecond();

  expect(vi.getTimerCount()).toBe(0);
});

it('takes one where the timers of node:test are faked before', async () => {
  mock.timers.enable({ apis: ['setImmediate', 'setTimeout'] });
  try {
    const { macrotask, millisecond } = await load();

    await macrotask();
    await expect(millisecond()).resolves.toBeUndefined(); // in less than one, where the loop has been late
  } finally {
    mock.timers.reset();
  }
});

it('takes one where there is no setImmediate, as in a browser', async () => {
  vi.stubGlobal('setImmediate', undefined);
  const { macrotask } = await load();

  await expect(macrotask()).resolves.toBeUndefined();
});
