import type { Attributes } from '@opentelemetry/api';
import { perKey } from '@steadfetch/core';
import { codeOf, nameOf } from '@steadfetch/core/kit';

/** `server.address` and `server.port` of an origin. Cached, since events come often. */
export const serverOf: (origin: string) => Attributes = perKey((origin) => {
  try {
    const { hostname, port, protocol } = new URL(origin);
    return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) };
  } catch {
    return {};
  }
});

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** The method, or `_OTHER` for an unknown one. The semantic conventions require it, since each method is a time series. */
export function methodOf(method: string): string {
  const upper = method.toUpperCase();
  return METHODS.has(upper) ? upper : '_OTHER';
}

/** The `error.type` of an error: its code or its cause's, such as `ECONNREFUSED`, since each network error is a `TypeError`; else its name. */
export function errorTypeOf(error: unknown): string {
  const code = codeOf(error);
  return code !== undefined && /^\w+$/.test(code) ? code : nameOf(error);
}
