import { causesOf } from '@steadfetch/core';
import type { HintedResponse } from '@steadfetch/server-hints';

interface Failure {
  readonly response?: unknown;
  readonly meta?: { readonly response?: { readonly headers?: unknown } };
  readonly data?: { readonly httpStatus?: unknown };
}

/** Everything in an error and its causes that may be a response: `response`, `meta.response` (tRPC), or the thrown value itself. */
export function responsesOf(error: unknown): unknown[] {
  return causesOf(error).flatMap((link) => {
    const { response, meta, data } = link as Failure;
    // In a tRPC batch the response is a 200, and each call has a status of its own.
    const ofBatch = data?.httpStatus && { status: data.httpStatus, headers: meta?.response?.headers ?? {} };
    return [response, meta?.response, link, ofBatch];
  });
}

/** Returns the first response with an error status. Clients may store its headers as a plain object. */
export function answerAmong(
  responses: readonly unknown[],
): (HintedResponse & { readonly response: Response }) | undefined {
  for (const response of responses as (Response | null | undefined)[]) {
    const { status, headers } = response ?? {};
    if (status === undefined || status < 400 || typeof headers !== 'object' || headers === null) continue;
    return { status, headers: typeof headers.get === 'function' ? headers : fieldsOf(headers), response: response! };
  }
  return undefined;
}

/** Makes `get` for a plain object. Clients store field names in lower case. */
function fieldsOf(headers: object): HintedResponse['headers'] {
  return { get: (name) => (headers as Record<string, string>)[name.toLowerCase()] };
}

/**
 * Returns the original failure, which some clients store in a member other than `cause`: the error of `fetch` (urql, and Angular, which may
 * store the event of an `XMLHttpRequest`), the error of the link (Apollo), or an error or response (functions of Supabase).
 */
export function behindClient(thrown: unknown): unknown {
  const { name, status, error, networkError, response, context } = (thrown ?? {}) as Record<string, unknown>;
  if (networkError && !response) return networkError;
  if (/^Functions(Fetch|Http|Relay)Error$/.test(name as string)) return context;
  if (name !== 'HttpErrorResponse' || status !== 0) return thrown;
  return (error as Error | null | undefined)?.name ? error : new TypeError('Failed to fetch');
}
