/** `Headers`, or an object with the same `get`. */
interface HasFields {
  get(name: string): string | null | undefined;
}

/**
 * The value of a response field. `get` of SvelteKit's responses throws for fields that SvelteKit does not serialise into the page. Those
 * are read by the platform's `get`.
 */
export function readField(headers: HasFields | undefined, name: string): string | null | undefined {
  try {
    return headers?.get?.(name);
  } catch (error) {
    if (!(headers instanceof Headers)) throw error;
    return Headers.prototype.get.call(headers, name);
  }
}
