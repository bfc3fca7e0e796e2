import { fakeFetch } from '@steadfetch/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { use } from '../src/index.ts';

it('takes options that are undefined for none', async () => {
  const fetch = fakeFetch([200]);
  vi.stubGlobal('fetch', fetch);
  onTestFinished(() => void vi.unstubAllGlobals());

  const response = await use().fetch!('https://api.test/', { steadfetch: undefined } as RequestInit);

  expect(response.status).toBe(200);
});
