import { clip } from './show.ts';

const warned = new Set<string>();
const MAX_WARNINGS = 1_000;
const MAX_LENGTH = 500;

/**
 * Warns once per message and process, through `console.warn`. Stops after a thousand messages, since messages may contain keys and so may all
 * differ. Ignores a console that throws.
 */
export function warnOnce(message: string): void {
  const shown = clip(message, MAX_LENGTH);
  if (warned.size >= MAX_WARNINGS || warned.has(shown)) return;
  warned.add(shown);
  try {
    console.warn(`steadfetch: ${shown}`);
  } catch {}
}
