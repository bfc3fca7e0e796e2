// A stack per URL prefix, like Session.mount of Python's requests: the longest prefix wins.
//
//   pnpm example session-mount

import { startServer } from '@steadfetch/testing';
import { constant, mount, retry } from 'steadfetch';

await using server = await startServer(503);

const session = mount({
  [`${server.origin}/`]: retry({ maxRetries: 1, delay: constant(5) }),
  [`${server.origin}/reports/`]: retry({ maxRetries: 4, delay: constant(5) }),
  [`${server.origin}/reports/live`]: (next) => next, // without retries
})(fetch);

for (const path of ['/users', '/reports/2026', '/reports/live']) {
  const before = server.requests.length;
  await session(server.origin + path);
  console.log(path, server.requests.length - before, 'attempts');
}

// Output:
// /users 2 attempts
// /reports/2026 5 attempts
// /reports/live 1 attempts
