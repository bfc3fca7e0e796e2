import type { Random } from '@steadfetch/core';

/**
 * A random UUID (RFC 9562 §5.4, version 4).
 *
 * `crypto.randomUUID` where there is one; it is absent outside of secure contexts. Then `crypto.getRandomValues`, and
 * where there is no `crypto` at all, `random`: unique enough to distinguish calls, but it can be guessed.
 */
export function uuid(random: Random = Math.random): string {
  const { crypto } = globalThis as { crypto?: Partial<Crypto> };
  if (crypto?.randomUUID) return crypto.randomUUID();
  const bytes = new Uint8Array(16);
  if (crypto?.getRandomValues) crypto.getRandomValues(bytes);
  else bytes.forEach((_, index) => (bytes[index] = random() * 256));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
