// The annotations let a bundler leave out what is not used.

/** The members of an init that are texts. */
export const TEXTS: readonly string[] =
  /* @__PURE__ */ 'method mode credentials cache redirect referrer referrerPolicy integrity'.split(' ');

/** What `fetch` reads of an init; a class may have them as getters, which no loop finds. */
export const MEMBERS: readonly string[] = /* @__PURE__ */ TEXTS.concat(
  /* @__PURE__ */ 'headers body keepalive signal duplex priority dispatcher window'.split(' '),
);

/** What `fetch` reads of a Request, or of an init that is an object of a class. */
export function membersOf(source: object): RequestInit {
  const read = MEMBERS.map((name) => [name, (source as Record<string, unknown>)[name]]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** Whether an init has nothing that `fetch` reads. */
export function isEmpty(init: RequestInit | undefined): boolean {
  return init === undefined || MEMBERS.every((name) => init[name as keyof RequestInit] === undefined);
}
