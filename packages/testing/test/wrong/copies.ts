/** A copy of init with headers of its own. */
export const copyOf = (init?: RequestInit): RequestInit | undefined =>
  init && { ...init, ...(init.headers && { headers: [...new Headers(init.headers)] }) };

/** What a careless middleware keeps of a Request. */
export const facts = ({ method, headers, signal }: Request): RequestInit => ({ method, headers: [...headers], signal });

/** Without the members that are undefined. */
export function pick(init: RequestInit): RequestInit {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
}
