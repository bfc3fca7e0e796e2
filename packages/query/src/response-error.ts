import { redactUrl } from '@steadfetch/core';
import { optionError } from '@steadfetch/core/kit';

/** A response that is not good, as an error: queries of TanStack fail by errors alone. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;
  /** Not shown when the error is printed: headers may hold secrets. Its body is unread. */
  readonly #response: Response;

  constructor(response: Response) {
    super(`${redactUrl(response.url)} answered ${response.status}`);
    this.status = response.status;
    this.#response = response;
  }

  get response(): Response {
    return this.#response;
  }
}

/**
 * Gives back a response of the 200s.
 *
 * @throws {ResponseError} any other response; a `TypeError` for what is none, as a promise of one
 * @example const queryFn = async ({ signal }) => okOrThrow(await api('/users', { signal, retry: false })).json()
 */
export function okOrThrow(response: Response): Response {
  if (typeof response?.ok !== 'boolean') throw optionError('okOrThrow', 'a response', response);
  if (!response.ok) throw new ResponseError(response);
  return response;
}
