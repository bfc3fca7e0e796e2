import type { Call } from './call.ts';

/**
 * The value of a field of the call as it is sent, or `undefined`. Makes no `Headers` of an object that has no
 * such name, which is the rule, nor of `Headers`: to make them takes a microsecond.
 *
 * @throws a `TypeError` for headers that have the name and that `fetch` refuses
 */
export function fieldOf(call: Call, name: string): string | undefined {
  const headers = call.init?.headers;
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const mayHave = headers
    ? Symbol.iterator in Object(headers) || Object.keys(headers).some((key) => key.toLowerCase() === name.toLowerCase())
    : typeof call.input !== 'string';
  return mayHave ? (sentWith(call).get(name) ?? undefined) : undefined;
}

/** The headers of calls that were asked for a field: a rate limit asks for a dozen. */
const SENT = /* @__PURE__ */ new WeakMap<Call, Headers>();

/** As a copy of the call reads them: what a layer has written on `call.headers` is not sent. */
function sentWith(call: Call): Headers {
  const known = SENT.get(call);
  if (known) return known;
  const { headers } = call.with({});
  SENT.set(call, headers);
  return headers;
}
