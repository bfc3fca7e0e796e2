// Assertions that need nothing of a runtime.

export function equal(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

export function claim(condition: unknown, what: string): void {
  if (!condition) throw new Error(what);
}

/** What the promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected an error, got none');
}

/** An error with its causes, on one line. */
export function show(value: unknown): string {
  if (!(value instanceof Error)) return typeof value === 'string' ? `'${value}'` : String(value);
  const { name, message, cause } = value as Error & { code?: unknown };
  const code = (value as { code?: unknown }).code;
  return `${name}: ${message}${code === undefined ? '' : ` {code ${code}}`}${cause ? ` <- ${show(cause)}` : ''}`;
}
