/**
 * A response as the `fetch` of a `load` function of SvelteKit gives it while it renders on a server: reading `body` takes it from
 * the response, so that only that body can be read afterwards, and `get` throws for fields that the page is not given.
 */
export function svelteResponse(response: Response): Response {
  const { headers } = response;
  headers.get = (name) => {
    if (headers.has(name)) throw new Error(`Failed to get response header ${name}`);
    return null;
  };
  let taken: ReadableStream | null | undefined;
  return new Proxy(response, {
    get: (target, name) => {
      if (name === 'body') {
        taken ??= target.body && target.body.tee()[1];
        return taken;
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
