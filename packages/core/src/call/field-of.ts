import type { Call } from './call.ts';

/**
 * Returns the value of a field of the call as it will be sent, or `undefined`. Builds a `Headers`, which takes a microsecond, only if
 * the headers may have the field.
 *
 * @throws a `TypeError` for headers that have the name but that `fetch` refuses
 */
export function fieldOf(call: Call, name: string): string | undefined {
  const headers = call.init?.headers;
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const mayHave = headers
    ? Symbol.iterator in Object(headers) || Object.keys(headers).some((key) => key.toLowerCase() === name.toLowerCase())
    : typeof call.input !== 'string';
  return mayHave ? (sentHeadersOf(call).get(name) ?? undefined) : undefined;
}

/** The headers of calls that were asked for a field. A rate limit reads a dozen fields of one call. */
const SENT_HEADERS = /* @__PURE__ */ new WeakMap<Call, Headers>();

/** Reads the headers from a copy of the call: a change that a layer made in `call.headers` is not sent. */
function sentHeadersOf(call: Call): Headers {
  const known = SENT_HEADERS.get(call);
  if (known) return known;
  const { headers } = call.with({});
  SENT_HEADERS.set(call, headers);
  return headers;
}
