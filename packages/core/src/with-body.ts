const FACTS = ['status', 'statusText', 'ok', 'url', 'redirected', 'type'] as const;
const NO_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The same response with another body: a real `Response` that keeps what the constructor cannot set (`url`,
 * `redirected`, `type`), also in its clones. The given response must not be read afterwards.
 *
 * A status or reason phrase that only a network can give (999, broken UTF-8) is kept as well.
 */
export function withBody(response: Response, body: BodyInit | null): Response {
  const { status, statusText, headers } = response;
  const copy = new Response(NO_BODY.has(status) ? null : body, {
    headers,
    status: status >= 200 && status <= 599 ? status : 200,
    statusText: REASON_PHRASE.test(statusText) ? statusText : '',
  });
  return keepFacts(copy, response);
}

function keepFacts(copy: Response, original: Response): Response {
  for (const fact of FACTS) {
    if (copy[fact] !== original[fact]) define(copy, fact, original[fact]);
  }
  define(copy, 'clone', () => keepFacts(Response.prototype.clone.call(copy), copy));
  return copy;
}

function define(response: Response, name: string, value: unknown): void {
  Object.defineProperty(response, name, { value, configurable: true });
}
