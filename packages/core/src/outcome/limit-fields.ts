const LIMIT_FIELD = /^(?:retry-after|x-ms-retry-after|date$|(?:x-|anthropic-)?rate-?limit)/;

/**
 * A copy of the fields of a response that speak of limits: what may be shown to calls of others. It is empty where they cannot be
 * listed, as those of some mocks.
 */
export function limitFields(headers: Headers): Headers {
  try {
    return new Headers([...headers].filter(([name]) => LIMIT_FIELD.test(name)));
  } catch {
    return new Headers();
  }
}
