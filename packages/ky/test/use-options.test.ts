import { fakeFetch } from '@steadfetch/testing';
import ky from 'ky';
import { expect, it, onTestFinished, vi } from 'vitest';
import { use } from '../src/index.ts';

it('takes options that are undefined for none', async () => {
  const fetch = fakeFetch([200]);
  vi.stubGlobal('fetch', fetch);
  onTestFinished(() => void vi.unstubAllGlobals());

  const response = await use().fetch!('https://api.test/', { steadfetch: undefined } as RequestInit);

  expect(response.status).toBe(200);
});

it('works after an init hook that takes all hooks away', async () => {
  const fetch = fakeFetch(200);
  vi.stubGlobal('fetch', fetch);
  onTestFinished(() => void vi.unstubAllGlobals());
  const bare = ky.extend({ hooks: { init: [(options) => void Object.assign(options, { hooks: {} })] } });

  const response = await bare.extend(use()).get('https://api.test/');

  expect(response.status).toBe(200);
});
