import { type Call, causesOf, type ErrorClass, idempotencyKeyOf } from '@steadfetch/core';
import type { Policy } from './policy.ts';

/** Whether sending the request twice has the effect of sending it once: by method, by key, or because someone says so. */
export function isRepeatable(call: Call, policy: Policy): boolean {
  return policy.methods.has(call.method) || policy.idempotent(call) === true || idempotencyKeyOf(call) !== undefined;
}

/**
 * Whether the error proves that the server never got the request: it failed before this hop was sent, and no hop came
 * before. A followed redirect ends in the same error as a refused first hop, so the address has to be the URL's own.
 */
export function isProvenUnsent(error: unknown, { sent }: ErrorClass, call: Call): boolean {
  return sent === 'no' && (!followsRedirects(call) || causesOf(error).some((cause) => isAddressOf(cause, call.url)));
}

function followsRedirects({ init, input }: Call): boolean {
  const redirect = init?.redirect ?? (input as Partial<Request>).redirect ?? 'follow';
  return redirect === 'follow';
}

function isAddressOf(cause: unknown, url: string): boolean {
  const { hostname, address, port } = addressOf(cause);
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (!target) return false;
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (hostname !== undefined) return hostname === host;
  const samePort = String(port) === (target.port || (target.protocol === 'https:' ? '443' : '80'));
  const loopback = host === 'localhost' && (address === '127.0.0.1' || address === '::1');
  return samePort && (address === host || loopback);
}

/** An error that cannot be looked at proves nothing. */
function addressOf(cause: unknown): { hostname?: unknown; address?: unknown; port?: unknown } {
  try {
    const { hostname, address, port } = Object(cause);
    return { hostname, address, port };
  } catch {
    return {};
  }
}
