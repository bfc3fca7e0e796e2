import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

/** A folder behind a path of a loopback server, as any static host would serve it. */
export interface Site {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function serve(folder: string, path = '/docs/playground/'): Promise<Site> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    asked.push(pathname);
    void answer(pathname).then(
      ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  const answer = async (pathname: string) => {
    if (!pathname.startsWith(path)) throw new Error('not here');
    const name = normalize(pathname.slice(path.length) || 'index.html');
    if (name.startsWith('..')) throw new Error('not here');
    return { type: TYPES[extname(name)] ?? 'application/octet-stream', body: await readFile(join(folder, name)) };
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}${path}`,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
