/** Whether this is a page of a browser, or a worker of one: no other runtime has an address of its own. */
export function inBrowser(): boolean {
  return 'location' in globalThis;
}
