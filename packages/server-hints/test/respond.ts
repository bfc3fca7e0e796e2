import type { HintedResponse } from '../src/index.ts';

/** A response as it is on the wire: `new Headers()` would strip and refuse what real servers send. */
export function respond(status: number, headers: Record<string, string> = {}): HintedResponse {
  const fields = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { status, headers: { get: (name) => fields.get(name.toLowerCase()) ?? null } };
}
