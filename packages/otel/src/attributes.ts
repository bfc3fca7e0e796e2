import type { Attributes } from '@opentelemetry/api';
import { perKey } from '@steadfetch/core';
import { codeOf, nameOf } from '@steadfetch/core/kit';

/** `server.address` and `server.port` of an origin, one object for each. */
export const serverOf: (origin: string) => Attributes = perKey((origin) => {
  try {
    const { hostname, port, protocol } = new URL(origin);
    return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) };
  } catch {
    return {};
  }
});

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** The method as the semantic conventions want it: another than these may be anything, and each would be a time series. */
export function methodOf(method: string): string {
  const known = method.toUpperCase();
  return METHODS.has(known) ? known : '_OTHER';
}

/** The `error.type` of what was thrown: its code or that of a cause, such as `ECONNREFUSED`, else its name, as `TypeError` says nothing. */
export function errorTypeOf(error: unknown): string {
  const code = codeOf(error);
  return code !== undefined && /^\w+$/.test(code) ? code : nameOf(error);
}
