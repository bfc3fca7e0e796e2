/** A member of a thrown value of any type. `undefined` if it cannot be read, for example if a getter throws. */
export function memberOf(thrown: unknown, key: string): unknown {
  try {
    return (thrown as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}
