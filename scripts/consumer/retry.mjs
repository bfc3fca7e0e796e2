// Run in a folder that has the packed packages and nothing of this workspace: a retry that works, in plain Node.
import { createServer } from 'node:http';
import { compose, retry } from 'steadfetch';

const statuses = [503, 503, 200];
let requests = 0;
const server = createServer((_, response) => {
  response.statusCode = statuses[Math.min(requests++, statuses.length - 1)];
  response.end(String(requests));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const fetchSteadily = compose(retry({ maxRetries: 2, delay: () => 1 }))(fetch);
const response = await fetchSteadily(`http://127.0.0.1:${server.address().port}/`);
const body = await response.text();
server.closeAllConnections();
server.close();

if (response.status !== 200 || body !== '3')
  throw new Error(`expected 200 on attempt 3, got ${response.status} on ${body}`);
console.log(`retry() from its tarball: 200 on attempt ${body}, Node ${process.version}`);
