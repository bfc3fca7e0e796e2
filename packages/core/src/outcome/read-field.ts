/** What holds fields: `Headers`, or what looks like them. */
interface HasFields {
  get(name: string): string | null | undefined;
}

/**
 * The value of a field of a response. SvelteKit throws for the fields that it does not hand on to a page: those are read by the
 * platform's own `get`.
 */
export function readField(headers: HasFields | undefined, name: string): string | null | undefined {
  try {
    return headers?.get?.(name);
  } catch (error) {
    if (!(headers instanceof Headers)) throw error;
    return Headers.prototype.get.call(headers, name);
  }
}
