// The server takes an order, but its response is lost. Without a key the POST is not repeated. With a key it is, and
// the server recognizes the order.
//
//   pnpm example post-with-idempotency-key

import { startServer } from '@steadfetch/testing';
import { compose, constant, idempotencyKey, retry } from 'steadfetch';

const orders = new Map<string, string>();
await using server = await startServer(({ headers, body, index }) => {
  const key = headers.get('idempotency-key') ?? `none, request ${index}`;
  const known = orders.has(key);
  orders.set(key, body);
  return known ? { status: 200, body: 'already taken' } : { fault: 'reset' };
});

const withoutKey = retry({
  delay: constant(10),
  hooks: { onGiveUp: ({ reason }) => console.log('giving up:', reason) },
})(fetch);
const withKey = compose(idempotencyKey(), retry({ delay: constant(10) }))(fetch);

await withoutKey(server.url, { method: 'POST', body: 'tea' }).catch((error) => console.log('tea:', error.message));

const response = await withKey(server.url, { method: 'POST', body: 'coffee' });
console.log('coffee:', response.status, await response.text());

console.log(`${server.requests.length} requests, ${orders.size} orders`);

// Output:
// giving up: method-not-idempotent
// tea: fetch failed
// coffee: 200 already taken
// 3 requests, 2 orders
