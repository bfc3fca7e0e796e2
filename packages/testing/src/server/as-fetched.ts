/**
 * Makes a response and its clones look like those of `fetch`: with an address and with immutable headers. In a runtime
 * whose `fetch` returns mutable headers, as in Bun, the headers stay mutable.
 */
export function asFetched(response: Response, url: string = response.url): Response {
  if (areFixed()) for (const name of CHANGES) Object.defineProperty(response.headers, name, { value: refuse });
  const { clone, redirected } = response;
  const members = { url: { value: url, configurable: true }, redirected: { value: redirected, configurable: true } };
  Object.defineProperties(response, members); // both: a fake that sets only `url` counts as possibly redirected
  const value = (): Response => asFetched(clone.call(response), url);
  return Object.defineProperty(response, 'clone', { value, configurable: true, writable: true });
}

const CHANGES = ['append', 'delete', 'set'];

function refuse(): never {
  throw new TypeError('immutable');
}

function areFixed(): boolean {
  try {
    Response.error().headers.delete('x');
    return false;
  } catch {
    return true;
  }
}
