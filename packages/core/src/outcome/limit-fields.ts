const LIMIT_FIELD = /^(?:retry-after|x-ms-retry-after|date$|(?:x-|anthropic-)?rate-?limit)/;

/**
 * A copy of the rate limit fields of a response. Other calls may see these, but no other field. Empty if the headers cannot be listed, as
 * in some mocks.
 */
export function limitFields(headers: Headers): Headers {
  try {
    return new Headers([...headers].filter(([name]) => LIMIT_FIELD.test(name)));
  } catch {
    return new Headers();
  }
}
