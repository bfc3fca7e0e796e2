import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { retry } from '@steadfetch/retry';
import type { Fetch } from 'steadfetch';
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';

const open = new Set<Server>();

async function listen(server: Server): Promise<string> {
  open.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of open) {
    server.closeAllConnections();
    server.close();
  }
  open.clear();
});

/** A proxy that refuses the first tunnel in its way, and opens each one after it. */
function proxyThat(refuses: (socket: Socket) => void): { server: Server; tunnels: () => number } {
  let asked = 0;
  const server = createServer().on('connect', ({ url }, socket: Socket) => {
    socket.on('error', () => {});
    if (++asked === 1) return refuses(socket);
    const [host, port] = url!.split(':');
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(through).pipe(socket);
    });
    through.on('error', () => socket.destroy());
  });
  return { server, tunnels: () => asked };
}

async function fetchThrough(refuses: (socket: Socket) => void, method: string) {
  const api = await listen(createServer((_, response) => response.end('ok')));
  const { server, tunnels } = proxyThat(refuses);
  const dispatcher = new ProxyAgent({ uri: await listen(server), proxyTunnel: true });
  const fetch = ((input: string, init: object) => undiciFetch(input, { ...init, dispatcher })) as unknown as Fetch;
  const steady = retry({ delay: () => 0, budget: false })(fetch);
  const outcome = await steady(api, { method }).then(
    (response) => response.text(),
    (error: Error) => error.message,
  );
  await dispatcher.destroy();
  return { outcome, tunnels: tunnels() };
}

describe('a proxy', () => {
  it.each([
    ['says 503', (socket: Socket) => void socket.end('HTTP/1.1 503 Busy\r\n\r\n')],
    ['says 502', (socket: Socket) => void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')],
    ['closes the connection', (socket: Socket) => void socket.end()],
    ['resets the connection', (socket: Socket) => void socket.resetAndDestroy()],
  ])('that %s is asked again', async (_, refuses) => {
    expect(await fetchThrough(refuses, 'GET')).toEqual({ outcome: 'ok', tunnels: 2 });
    expect(await fetchThrough(refuses, 'POST')).toEqual({ outcome: 'fetch failed', tunnels: 1 });
  });

  it('that asks for credentials is not', async () => {
    const refuses = (socket: Socket) => void socket.end('HTTP/1.1 407 Who are you\r\n\r\n');

    expect(await fetchThrough(refuses, 'GET')).toEqual({ outcome: 'fetch failed', tunnels: 1 });
  });
});
