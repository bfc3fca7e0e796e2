import { describe, expect, it } from 'vitest';
import { timeout } from '../src/index.ts';

const URL = `${location.origin}/package.json`;

describe('timeout in a browser', () => {
  it('keeps the status, URL and type of the network response, also in clones', async () => {
    const { signal } = new AbortController();

    const response = await timeout({ headers: 5_000, body: 5_000 })(fetch)(URL, { signal });
    const copy = response.clone();

    for (const each of [response, copy]) {
      expect(each).toMatchObject({ url: URL, status: 200, type: 'basic', redirected: false });
      expect(await each.json()).toHaveProperty('name');
    }
  });

  it('passes on an abort between headers and body', async () => {
    const controller = new AbortController();
    const response = await timeout(5_000)(fetch)(URL, { signal: controller.signal });

    controller.abort('gone');

    await expect(response.text()).rejects.toBe('gone');
  });

  it('rejects with a TimeoutError when the body stalls', async () => {
    const stalled = new ReadableStream({});
    const response = await timeout({ body: 10 })(async () => new Response(stalled))(URL);

    await expect(response.json()).rejects.toMatchObject({ name: 'TimeoutError', phase: 'body', limit: 10 });
  });

  it('can be read with a BYOB reader', async () => {
    const response = await timeout({ body: 5_000 })(fetch)(URL);

    const { value } = await response.body!.getReader({ mode: 'byob' }).read(new Uint8Array(1));

    expect(value).toEqual(new TextEncoder().encode('{'));
  });
});
