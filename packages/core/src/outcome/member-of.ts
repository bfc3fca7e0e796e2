/** A member of what was thrown, which may be anything: `undefined` where it cannot be read, as where a getter throws. */
export function memberOf(thrown: unknown, key: string): unknown {
  try {
    return (thrown as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}
