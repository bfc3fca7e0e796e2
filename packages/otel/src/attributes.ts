import type { Attributes } from '@opentelemetry/api';
import { perKey } from '@steadfetch/core';

const servers = perKey((origin: string): Attributes => {
  try {
    const { hostname, port, protocol } = new URL(origin);
    return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) };
  } catch {
    return {};
  }
});

/** `server.address` and `server.port` of an origin, one object for each. */
export function serverOf(origin: string): Attributes {
  return servers(origin);
}
