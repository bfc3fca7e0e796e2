declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Whether this is not production. `false` if the environment cannot be read: a page has no `process`, and Deno throws without permission. Each
 * caller repeats the condition inline, since bundlers do not evaluate a function call to remove dead code (decision 0063).
 */
export function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== 'production';
  } catch {
    return false;
  }
}
