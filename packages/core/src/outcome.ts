/** What one attempt came to: a response or an error, never both. */
export type Outcome =
  | { readonly response: Response; readonly error?: undefined; readonly failed: false }
  | { readonly response?: undefined; readonly error: unknown; readonly failed: true };

/** Waits for an attempt and gives its outcome; never rejects. */
export async function settle(attempt: Promise<Response>): Promise<Outcome> {
  try {
    return { response: await attempt, failed: false };
  } catch (error) {
    return { error, failed: true };
  }
}

/** Gives back what `fetch` would have given: the response itself, or the error itself thrown. */
export function unwrap(outcome: Outcome): Response {
  if (outcome.failed) throw outcome.error;
  return outcome.response;
}
