/** Whether this is a page of a browser, or a worker of one: no other runtime has an address, unless it is given one. */
export function inBrowser(): boolean {
  return (globalThis as { location?: unknown }).location !== undefined;
}
