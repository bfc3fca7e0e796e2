import type { RecordedRequest } from './recorder.ts';

/**
 * Counts the requests with each `Idempotency-Key`. Requests without a key are left out.
 *
 * @example expect(Math.max(...countByKey(server.requests).values())).toBe(1);
 */
export function countByKey(requests: readonly RecordedRequest[], header = 'idempotency-key'): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { headers } of requests) {
    const key = headers.get(header);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
