import { causesOf } from '@steadfetch/core';
import type { HintedResponse } from '@steadfetch/server-hints';

interface Failure {
  readonly response?: unknown;
  readonly meta?: { readonly response?: { readonly headers?: unknown } };
  readonly data?: { readonly httpStatus?: unknown };
}

/** The responses of an error and its causes: their own, that of tRPC, and a response that was thrown. Some are copies. */
export function responsesOf(error: unknown): unknown[] {
  return causesOf(error).flatMap((link) => {
    const { response, meta, data } = link as Failure;
    // tRPC has the status of each call of a batch, whose response is good
    const ofBatch = data?.httpStatus && { status: data.httpStatus, headers: meta?.response?.headers ?? {} };
    return [response, meta?.response, link, ofBatch];
  });
}

/** The one that says why the call failed. Its fields can be read also where a client has them as a plain object. */
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

/** Clients write the names of fields in small letters. */
function fieldsOf(headers: object): HintedResponse['headers'] {
  return { get: (name) => (headers as Record<string, string>)[name.toLowerCase()] };
}

/**
 * What a client's error holds in a member of its own, and not as its cause: what `fetch` threw (urql, and Angular, which may hold the
 * event of an `XMLHttpRequest`), the error of the link (Apollo), or either of it or the response (functions of Supabase).
 */
export function behindClient(thrown: unknown): unknown {
  const { name, status, error, networkError, response, context } = (thrown ?? {}) as Record<string, unknown>;
  if (networkError && !response) return networkError;
  if (/^Functions(Fetch|Http|Relay)Error$/.test(name as string)) return context;
  if (name !== 'HttpErrorResponse' || status !== 0) return thrown;
  return (error as Error | null | undefined)?.name ? error : new TypeError('Failed to fetch');
}
