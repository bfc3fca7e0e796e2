import type { Random } from '@steadfetch/core';

/**
 * A random UUID (RFC 9562 §5.4, version 4).
 *
 * Uses `crypto.randomUUID`, which is absent outside of secure contexts; then `crypto.getRandomValues`; and without `crypto`
 * the function `random`, whose UUIDs distinguish calls but can be guessed.
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
