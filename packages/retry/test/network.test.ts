import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startServer } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { retry } from '../src/index.ts';

const soon = { delay: () => 1, budget: false as const };

function counted() {
  let attempts = 0;
  const counting: typeof fetch = (input, init) => {
    attempts++;
    return fetch(input, init);
  };
  return { fetch: counting, attempts: () => attempts };
}

describe('over real sockets', () => {
  it.each<[string, () => BodyInit]>([
    ['a string', () => 'data=1'],
    ['bytes', () => new TextEncoder().encode('data=1')],
    ['a Blob', () => new Blob(['data=1'])],
    ['URLSearchParams', () => new URLSearchParams('data=1')],
  ])('%s arrives whole on every attempt, bare or in a Request', async (_kind, make) => {
    await using server = await startServer([503, { fault: 'reset' }, 200, 503, { fault: 'reset' }, 200]);
    const steady = retry(soon)(fetch);

    await (await steady(server.url, { method: 'PUT', body: make() })).text();
    await (await steady(new Request(server.url, { method: 'PUT', body: make() }))).text();

    expect(server.requests.map(({ body }) => body)).toEqual(Array(6).fill('data=1'));
  });

  it.each(['follow', 'manual', 'error'] as const)(
    'a POST is not repeated because a port was closed, its own or that of a redirect: redirect %s',
    async (redirect) => {
      const gone = await startServer(200);
      await using server = await startServer({ status: 307, headers: { location: gone.url } });
      await gone.close(); // once the other one has its port, or that may be the same
      const { fetch: counting, attempts } = counted();

      await retry(soon)(counting)(gone.url, { method: 'POST', body: 'x', redirect }).catch(() => {});
      await retry(soon)(counting)(server.url, { method: 'POST', body: 'x', redirect }).catch(() => {});

      expect(attempts()).toBe(2);
      expect(server.requests).toHaveLength(1);
    },
  );

  it('a form is the same on every attempt, byte for byte, with its content type', async () => {
    await using server = await startServer([503, 200]);
    const form = new FormData();
    form.append('it"em\n', 'a\nb');
    form.append('file', new File(['data'], 'näme.txt', { type: 'text/plain' }));

    await (await retry(soon)(fetch)(server.url, { method: 'PUT', body: form })).text();

    const [first, second] = server.requests;
    expect(second!.body).toBe(first!.body);
    const type = new Headers(first!.headers).get('content-type')!;
    const read = await new Response(first!.body, { headers: { 'content-type': type } }).formData();
    expect([...read.keys()]).toEqual(['it"em\r\n', 'file']);
    expect(read.get('it"em\r\n')).toBe('a\r\nb');
    expect(read.get('file')).toMatchObject({ name: 'näme.txt', type: 'text/plain', size: 4 });
  });

  it('small answers that are let go leave their connection to the next attempt', async () => {
    const busy = { status: 503, body: 'x'.repeat(60 * 1_024) };
    await using server = await startServer([...Array<typeof busy>(20).fill(busy), { status: 200 }]);

    await (await retry({ ...soon, maxRetries: 20 })(fetch)(server.url)).text();

    expect(server.connections).toBe(1);
  });

  it.each(['reset-after-headers', 'reset-mid-body', 'truncate', 'stall-body'] as const)(
    'a refusal whose body ends in %s does not disturb the retry',
    async (fault) => {
      await using server = await startServer([
        { status: 503, fault },
        { status: 200, body: 'ok' },
      ]);

      expect(await (await retry(soon)(fetch)(server.url)).text()).toBe('ok');
    },
  );
});

it('streams 100 MB through a POST without holding them', async () => {
  const CHUNK = new Uint8Array(1_024 * 1_024);
  let sent = 0;
  let received = 0;
  let held = 0;
  const server = createServer(async (request, response) => {
    for await (const chunk of request) {
      received += chunk.length;
      held = Math.max(held, sent - received);
    }
    response.end('ok');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const body = new ReadableStream({
    pull: (controller) => {
      if (sent === 100 * CHUNK.length) return controller.close();
      sent += CHUNK.length;
      controller.enqueue(CHUNK);
    },
  });

  const { port } = server.address() as AddressInfo;
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
  const response = await retry()(fetch)(`http://127.0.0.1:${port}/`, init);

  expect(await response.text()).toBe('ok');
  expect(received).toBe(100 * CHUNK.length);
  expect(held).toBeLessThan(32 * CHUNK.length);
  server.closeAllConnections();
  server.close();
});
