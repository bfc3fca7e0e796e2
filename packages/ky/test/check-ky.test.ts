import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('ky');
  vi.resetModules();
});

it.each(['retry', 'use'] as const)('%s() refuses ky 1, which has no NetworkError', async (name) => {
  vi.resetModules();
  vi.doMock('ky', async (original) => ({ ...(await original<object>()), NetworkError: undefined }));

  const ours = await import('../src/index.ts');

  expect(() => ours[name]()).toThrow('@steadfetch/ky: expected ky 2.1 or newer, got ky 1');
});
