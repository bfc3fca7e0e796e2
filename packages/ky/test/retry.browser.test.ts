import { historyOf } from '@steadfetch/retry';
import ky from 'ky';
import { setupWorker } from 'msw/browser';
import { HttpResponse, http } from 'msw/http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { retry } from '../src/index.ts';

const worker = setupWorker();

beforeAll(async () => void (await worker.start({ quiet: true })));
afterAll(() => worker.stop());

it('gets through a flaky server in a browser', async () => {
  const replies = [
    () => new HttpResponse(null, { status: 503 }),
    () => HttpResponse.error(),
    () => HttpResponse.json({ id: 1 }),
  ];
  worker.use(http.put('/items', () => replies.shift()!()));
  const causes: string[] = [];
  const api = ky.extend({
    hooks: retry({ delay: () => 1, hooks: { onRetry: ({ cause }) => void causes.push(cause) } }),
  });

  const response = await api.put('/items', { json: { id: 1 }, throwHttpErrors: false });

  expect(await response.json()).toEqual({ id: 1 });
  expect(historyOf(response)?.map(({ status }) => status)).toEqual([503, undefined, 200]);
  expect(causes).toEqual(['503', 'TypeError']);
});
