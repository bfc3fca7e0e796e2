/** Whether this is React Native, as other clients ask it. */
export function inReactNative(): boolean {
  return (globalThis.navigator as { product?: unknown } | undefined)?.product === 'ReactNative';
}

/** Whether this is a Worker of Cloudflare. */
export function inWorkers(): boolean {
  return (globalThis.navigator as { userAgent?: unknown } | undefined)?.userAgent === 'Cloudflare-Workers';
}

/** Whether this is a page of a browser, or a worker of one: no other runtime has an address, unless it is given one. */
export function inBrowser(): boolean {
  return (globalThis as { location?: unknown }).location !== undefined;
}
