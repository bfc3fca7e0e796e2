const warned = new Set<string>();

/** Tells the developer once per message and process, through `console.warn`. */
export function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  console.warn(`steadfetch: ${message}`);
}
