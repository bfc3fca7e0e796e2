declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * Whether this is not production; `false` where the environment cannot be read: a page has no `process`, and Deno throws where a
 * program may not read it. Bundlers look into no function, so each call repeats the condition (decision 0063).
 */
export function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== 'production';
  } catch {
    return false;
  }
}
