/** The outcome of one attempt: a response or an error, never both. */
export type Outcome =
  | { readonly response: Response; readonly error?: undefined; readonly failed: false }
  | { readonly response?: undefined; readonly error: unknown; readonly failed: true };

/** Waits for an attempt and returns its outcome; never rejects. */
export async function settle(attempt: Promise<Response>): Promise<Outcome> {
  try {
    return { response: await attempt, failed: false };
  } catch (error) {
    return { error, failed: true };
  }
}

/** Returns the response itself, or throws the error itself, as `fetch` would. */
export function unwrap(outcome: Outcome): Response {
  if (outcome.failed) throw outcome.error;
  return outcome.response;
}
