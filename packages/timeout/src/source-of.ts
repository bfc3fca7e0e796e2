import { type Call, redactUrl } from '@steadfetch/core';

/** Method and URL for an error message. */
export function sourceOf({ method, url }: Call): string {
  return `${method} ${redactUrl(url)}`;
}
