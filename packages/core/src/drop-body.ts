import type { Call } from './call.ts';
import { releaseBody } from './keep-body.ts';

/**
 * Lets go of the body of a call that will not be sent, as `fetch` does for a signal that has aborted: a stream is
 * cancelled, so that its source (a file, an upload) is closed. Never throws.
 */
export function dropBody(call: Call, reason: unknown): void {
  const body = call.init?.body as { cancel?: unknown; destroy?: unknown } | null | undefined;
  try {
    if (typeof body !== 'object' || body === null) releaseBody(call);
    else if (typeof body.cancel === 'function') void Promise.resolve(body.cancel(reason)).catch(() => {});
    else if (typeof body.destroy === 'function') body.destroy();
  } catch {}
}
