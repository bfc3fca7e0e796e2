import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { retry } from '@steadfetch/retry';
import type { Fetch } from 'steadfetch';
import { type Dispatcher, ProxyAgent, Socks5ProxyAgent, fetch as undiciFetch } from 'undici';
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
  const { server, tunnels } = proxyThat(refuses);
  const dispatcher = new ProxyAgent({ uri: await listen(server), proxyTunnel: true });
  return { outcome: await outcomeThrough(dispatcher, method), tunnels: tunnels() };
}

/** Through a SOCKS5 proxy that answers the first wish to connect with `reply`, and grants each one after it (RFC 1928). */
async function fetchThroughSocks(reply: number, method: string) {
  let asked = 0;
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(Uint8Array.of(5, 0));
      socket.once('data', (wish) => {
        const granted = ++asked > 1;
        socket.write(Uint8Array.of(5, granted ? 0 : reply, 0, 1, 0, 0, 0, 0, 0, 0));
        if (!granted) return;
        const through = connect(wish.readUInt16BE(wish.length - 2), '127.0.0.1');
        through.on('error', () => socket.destroy());
        socket.pipe(through).pipe(socket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dispatcher = new Socks5ProxyAgent(`socks5://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const outcome = await outcomeThrough(dispatcher, method);
  server.close();
  return { outcome, asked };
}

async function outcomeThrough(dispatcher: Dispatcher, method: string): Promise<string> {
  const api = await listen(createServer((_, response) => response.end('ok')));
  const fetch = ((input: string, init: object) => undiciFetch(input, { ...init, dispatcher })) as unknown as Fetch;
  const steady = retry({ delay: () => 0, budget: false })(fetch);
  const outcome = await steady(api, { method }).then(
    (response) => response.text(),
    (error: Error) => error.message,
  );
  await dispatcher.destroy();
  return outcome;
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

  it.each([1, 3, 4, 5, 6])(
    'of SOCKS5 that answers %i, since it cannot reach the server, is asked again',
    async (reply) => {
      expect(await fetchThroughSocks(reply, 'GET')).toEqual({ outcome: 'ok', asked: 2 });
      expect(await fetchThroughSocks(reply, 'POST')).toEqual({ outcome: 'fetch failed', asked: 1 });
    },
  );

  it('of SOCKS5 whose rules forbid the server is not', async () => {
    expect(await fetchThroughSocks(2, 'GET')).toEqual({ outcome: 'fetch failed', asked: 1 });
  });
});
