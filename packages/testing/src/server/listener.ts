import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A port on 127.0.0.1 that can be closed and opened again, with its connections. */
export interface Listener {
  readonly port: number;
  readonly connections: number;
  readonly openSockets: number;
  readonly listening: boolean;
  open(): Promise<void>;
  /** Accepts no new connections. Idle connections end now, the others after their response. */
  refuse(): void;
  /** Destroys all connections. Resolves when no socket is left. */
  close(): Promise<void>;
}

/** Loads `node:http` from the process, so that bundlers for browsers do not see an import of it. */
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
