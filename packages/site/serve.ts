// Serves the built site as any static host does.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

export const DIST: string = join(import.meta.dirname, 'dist');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

export interface Site {
  /** With the folder that it is served from, and without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

export async function serve(base = '', port = 0, folder: string = DIST): Promise<Site> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = path.startsWith(`${base}/`) ? fileOf(folder, path.slice(base.length)) : undefined;
    response.statusCode = file === undefined ? 404 : 200;
    response.setHeader('content-type', TYPES[extname(file ?? '404.html')] ?? 'application/octet-stream');
    const shown = file ?? join(folder, '404.html');
    if (existsSync(shown)) createReadStream(shown).pipe(response);
    else response.end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`, close };
}

/** The file of a path, if there is one inside of the folder. */
export function fileOf(folder: string, path: string): string | undefined {
  const found = join(folder, normalize(path));
  if (!found.startsWith(folder)) return undefined;
  const file = existsSync(found) && statSync(found).isDirectory() ? join(found, 'index.html') : found;
  return existsSync(file) ? file : undefined;
}

/** Serves the site until it is stopped. */
export async function open(): Promise<void> {
  const base = `/${process.env.SITE_BASE ?? ''}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
  const { url } = await serve(base, 4321).catch(() => serve(base));
  console.log(`${url}/ (Ctrl+C ends it)`);
}
