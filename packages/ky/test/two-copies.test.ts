import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fakeFetch } from '@steadfetch/testing';
import { expect, it, onTestFinished } from 'vitest';
import { retry } from '../src/index.ts';
import { outcomeOf, recorder, URL, virtualTime } from './client.ts';

/** Another copy of ky than the one that our package imports, as where a program has two versions. */
async function otherKy(): Promise<typeof import('ky')> {
  const folder = mkdtempSync(join(tmpdir(), 'other-ky-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const main = fileURLToPath(import.meta.resolve('ky'));
  cpSync(join(dirname(main), '..'), folder, { recursive: true, dereference: true });
  return import(/* @vite-ignore */ pathToFileURL(join(folder, 'distribution/index.js')).href);
}

it('repeats what another copy of ky has timed out', async () => {
  const { default: ky, TimeoutError } = await otherKy();
  expect(TimeoutError).not.toBe((await import('ky')).TimeoutError);
  virtualTime();
  const fetch = fakeFetch([{ fault: 'stall-headers' }, 200]);

  const response = await ky.create({ fetch, timeout: 100, hooks: retry() }).get(URL);

  expect(response.status).toBe(200);
});

it('takes no error of the same name that a hook throws for a timeout of ky', async () => {
  const { hooks, told } = recorder();
  const fetch = fakeFetch(200);
  const { default: ky } = await otherKy();
  const afterResponse = () => {
    throw new DOMException('of the hook', 'TimeoutError');
  };
  const api = ky.create({ fetch, hooks: { afterResponse: [afterResponse] } }).extend({ hooks: retry({ hooks }) });

  expect(await outcomeOf(api.get(URL))).toMatchObject({ message: 'of the hook' });
  expect(fetch.calls).toHaveLength(1);
  expect(told).toEqual([]);
});
