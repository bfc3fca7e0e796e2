// Imported before a snippet: whatever it calls is answered by a server on this machine, which fails first for each URL.
import { createServer } from 'node:http';

const seen = new Set();
let repeated = 0;
const server = createServer((request, response) => {
  const first = !seen.has(request.url);
  if (!first) repeated++;
  seen.add(request.url);
  response.writeHead(first ? 503 : 200, { 'content-type': 'application/json' }).end('{"ok":true}');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
server.unref();
const origin = `http://127.0.0.1:${server.address().port}`;

const bare = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const here = `${origin}/${url.host}${url.pathname}${url.search}`;
  return input instanceof Request ? bare(new Request(here, input), init) : bare(here, init);
};

process.on('exit', (code) => {
  if (code !== 0 || repeated > 0) return;
  console.error(`${seen.size} addresses were called, and none again after its 503`);
  process.exitCode = 1;
});
