// What `queryRetry` makes of the errors of each client: it knows nothing else of a call.
import { type ReplyObject, startServer } from '@steadfetch/testing';
import { QueryClient } from '@tanstack/query-core';
import { queryRetry } from '../../query/src/index.ts';
import type { Client } from './client.ts';

/** Their errors tell of no response, or they are no client that throws. */
const MUTE =
  /^(openapi-fetch|@supabase\/supabase-js|@supabase\/postgrest-js|stripe|up-fetch|@tanstack\/query-core|@urql\/core)$/;

/** What is wrong: a reset and a 503 are repeated under the clients whose errors tell of them, and a 404 is not. */
export async function checkQueries(clients: readonly Client[]): Promise<string[]> {
  const telling = clients.filter(({ name }) => !MUTE.test(name));
  const faults: string[] = [];
  for (const client of telling) {
    const good = { json: client.answer ?? { ok: true } };
    const requests = [
      await requestsOf(client, [{ fault: 'reset' }, good]),
      await requestsOf(client, [failure(503), good]),
      await requestsOf(client, [failure(404)]),
    ];
    if (requests.join() !== '2,2,1') faults.push(`queryRetry, ${client.name}: ${requests.join()} requests, not 2,2,1`);
  }
  console.log(`queryRetry: ${telling.length} clients`);
  return faults;
}

function failure(status: number): ReplyObject {
  return { status, json: { message: 'no', error: { message: 'no' } } };
}

async function requestsOf(client: Client, replies: readonly ReplyObject[]): Promise<number> {
  await using server = await startServer([...replies]);
  const api = client.connect(server.origin, fetch);
  const query = new QueryClient({ defaultOptions: { queries: queryRetry({ delay: () => 0 }) } });
  const queryFn = async () => (await api.get()) ?? null;
  await query.fetchQuery({ queryKey: [client.name], queryFn }).catch(() => {});
  return server.requests.length;
}
