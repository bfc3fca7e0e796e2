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
  const empty = new Uint8Array(36);
  const bytes = crypto?.getRandomValues?.(empty) ?? empty.map(() => random() * 256);
  return 'xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx'.replace(/[xv]/g, (place, at: number) =>
    (place === 'x' ? bytes[at]! & 15 : 8 + (bytes[at]! & 3)).toString(16),
  );
}
