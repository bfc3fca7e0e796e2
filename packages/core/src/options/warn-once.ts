import { clip } from './show.ts';

const warned = new Set<string>();
const MAX_WARNINGS = 1_000;
const LONGEST = 500;

/**
 * Warns once per message and process, through `console.warn`; at most a thousand messages, since messages may name keys.
 * A console that throws breaks no call.
 */
export function warnOnce(message: string): void {
  const shown = clip(message, LONGEST);
  if (warned.size >= MAX_WARNINGS || warned.has(shown)) return;
  warned.add(shown);
  try {
    console.warn(`steadfetch: ${shown}`);
  } catch {}
}
