import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineMiddleware } from '@steadfetch/core';
import { expect, it } from 'vitest';

const NAMES = ['Authorization', 'X-Api-Key'];

it('leaves the names of headers in the case that the runtime sends', async () => {
  const sent: string[][] = [];
  const server = createServer(({ rawHeaders }, response) => {
    sent.push(rawHeaders.filter((name) => NAMES.some((known) => known.toLowerCase() === name.toLowerCase())));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const steady = defineMiddleware((call, next) => next(call))(fetch);
  const setting = defineMiddleware((call, next) => next(call.with({ headers: new Headers(call.headers) })))(fetch);
  const headers = new Headers(NAMES.map((name): [string, string] => [name, '1']));

  await steady(url, { headers });
  await steady(new Request(url), { headers });
  await setting(new Request(url, { headers }));

  expect(sent).toEqual([NAMES, NAMES, NAMES]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
