/** Whether this is React Native, as other clients ask it. */
export function inReactNative(): boolean {
  return (globalThis.navigator as { product?: unknown } | undefined)?.product === 'ReactNative';
}

/** Whether this is a Worker of Cloudflare. With a compatibility date before 2022-03-21, or with none, it has no `navigator`. */
export function inWorkers(): boolean {
  return 'WebSocketPair' in globalThis;
}

/** Whether this is a page of a browser, or a worker of one: no other runtime has an address, unless it is given one. */
export function inBrowser(): boolean {
  return (globalThis as { location?: unknown }).location !== undefined;
}

/** Whether the browser says that it has a network. Without `navigator.onLine`, as in Node, nothing says that it has none. */
export function hasNetwork(): boolean {
  return (globalThis.navigator as { onLine?: unknown } | undefined)?.onLine !== false;
}
