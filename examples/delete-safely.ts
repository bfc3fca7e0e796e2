// The server acts on a DELETE, but its response is lost. The retry gets a 404. historyOf() distinguishes it from a real one.
//
//   pnpm example delete-safely

import { startServer } from '@steadfetch/testing';
import { constant, historyOf, retry } from 'steadfetch';

const files = new Set(['/files/a', '/files/b']);
await using server = await startServer(({ url }) => {
  const { pathname } = new URL(url);
  const deleted = files.delete(pathname);
  if (deleted && pathname === '/files/a') return { fault: 'reset' };
  return deleted ? 204 : 404;
});

const fetchSteadily = retry({ delay: constant(10) })(fetch);

async function deleteFile(path: string): Promise<string> {
  const response = await fetchSteadily(server.origin + path, { method: 'DELETE' });
  if (response.ok) return 'deleted';
  const earlier = historyOf(response)?.slice(0, -1) ?? [];
  if (response.status === 404 && earlier.length > 0) return 'deleted by an earlier attempt, as it seems';
  return `failed with ${response.status}`;
}

for (const path of ['/files/a', '/files/b', '/files/c']) console.log(path, await deleteFile(path));

// Output:
// /files/a deleted by an earlier attempt, as it seems
// /files/b deleted
// /files/c failed with 404
