/**
 * Makes a response as `fetch` gives it: it has its address and headers that cannot be changed, and so have its clones. Where those
 * of the platform can be changed, as in Bun, these can, too.
 */
export function asFetched(response: Response, url: string = response.url): Response {
  if (areFixed()) for (const name of CHANGES) Object.defineProperty(response.headers, name, { value: refuse });
  const { clone, redirected } = response;
  const members = { url: { value: url, configurable: true }, redirected: { value: redirected, configurable: true } };
  Object.defineProperties(response, members); // both, since a response that tells its URL alone may have been redirected
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
