import { discard, type Fetch } from 'steadfetch';
import { causesOf, classifyError, redactUrl } from 'steadfetch/kit';

const PATIENCE = 10_000;

/** What is wrong with the text as a URL to call, in one sentence. */
export function problemOfText(text: string): string | undefined {
  if (!URL.canParse(text)) {
    const guess = `https://${text}`;
    const hint = /^[\w-]+(\.[\w-]+)+([/:?#]|$)/.test(text) && URL.canParse(guess) ? ` (did you mean ${guess}?)` : '';
    return `not a URL: ${text}${hint}`;
  }
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return `not an http or https URL: ${text}`;
  if (username || password) return `fetch takes no credentials in a URL: ${redactUrl(text)}`;
  return undefined;
}

/** What keeps the URL from answering, in one sentence; `undefined` when any response comes. */
export async function problemOfCall(url: string, fetch: Fetch = globalThis.fetch): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    discard(response);
    return undefined;
  } catch (error) {
    return explain(error, new URL(url));
  }
}

const SENTENCES: Record<string, (url: URL) => string> = {
  ENOTFOUND: ({ hostname }) => `no such host: ${hostname}`,
  EAI_AGAIN: ({ hostname }) => `the name ${hostname} cannot be looked up now: is there a network?`,
  ECONNREFUSED: ({ host }) => `connection refused by ${host}: nothing listens there`,
  ECONNRESET: ({ host }) => `connection reset by ${host}`,
  UND_ERR_CONNECT_TIMEOUT: ({ host }) => `no connection to ${host} in time`,
};
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ALTNAME/;

function explain(error: unknown, url: URL): string {
  const { kind, code = '' } = classifyError(error);
  const root = causesOf(error).at(-1);
  const [text] = (root instanceof Error ? root.message : String(root)).split(';');
  if (SENTENCES[code]) return SENTENCES[code](url);
  if (CERTIFICATE.test(code)) return `the certificate of ${url.hostname} is not trusted: ${text}`;
  if (kind === 'timeout') return `no answer from ${url.host} within ${PATIENCE / 1_000} s`;
  return `no answer from ${url.host}: ${text}`;
}
