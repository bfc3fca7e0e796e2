import { redactUrl } from '@steadfetch/core';
import { optionError } from '@steadfetch/core/kit';

/** An error for a response whose status is not in the 200s. TanStack queries fail only if an error is thrown. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;
  /** Private, so that printing the error does not show it: headers may hold secrets. Its body is unread. */
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
 * Returns the response if its status is in the 200s.
 *
 * @throws {ResponseError} for any other status
 * @throws {TypeError} if the value is not a response, for example a promise without `await`
 * @example const queryFn = async ({ signal }) => okOrThrow(await api('/users', { signal, retry: false })).json()
 */
export function okOrThrow(response: Response): Response {
  if (typeof response?.ok !== 'boolean') throw optionError('okOrThrow', 'a response', response);
  if (!response.ok) throw new ResponseError(response);
  return response;
}
