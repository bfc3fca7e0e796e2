import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A port on 127.0.0.1 that can be closed and opened again, and the connections it has. */
export interface Listener {
  readonly port: number;
  readonly connections: number;
  readonly openSockets: number;
  readonly listening: boolean;
  open(): Promise<void>;
  /** Takes no new connections; idle ones end, the others after their answer. */
  refuse(): void;
  /** Ends everything. Resolves when no socket is left. */
  close(): Promise<void>;
}

/** Takes `node:http` from the process, so that no bundler for browsers ever meets it. */
export function listener(onRequest: RequestListener): Listener {
  const http = globalThis.process?.getBuiltinModule?.('node:http');
  if (!http) throw new Error('startServer: needs node:http (Node >= 22.3, Deno or Bun)');
  const sockets = new Set<Socket>();
  let server: Server = http.createServer();
  let port = 0;
  let connections = 0;

  const onConnection = (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };

  return {
    get port() {
      return port;
    },
    get connections() {
      return connections;
    },
    get openSockets() {
      return sockets.size;
    },
    get listening() {
      return server.listening;
    },
    open: () =>
      new Promise((resolve, reject) => {
        server = http.createServer({ keepAliveTimeout: 60_000 }, onRequest);
        server.on('connection', onConnection).once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          port = (server.address() as AddressInfo).port;
          resolve();
        });
      }),
    refuse: () => void server.close(),
    close: async () => {
      server.close();
      const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}
