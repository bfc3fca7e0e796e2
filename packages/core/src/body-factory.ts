import { checkFunction } from './check.ts';
import { isReplayable } from './copy-init.ts';
import type { BodyInit } from './platform-types.ts';

/** Returns a body, or a promise of one. */
export type BodyMaker = () => BodyInit | Promise<BodyInit>;

/**
 * A body that is made anew for each attempt, so that a stream can be retried.
 *
 * @example fetch(url, { method: 'PUT', body: bodyFactory(() => openAsBlob(path)) })
 */
export function bodyFactory(make: BodyMaker): BodyInit {
  return checkFunction('bodyFactory: make', make) as unknown as BodyInit;
}

/** The init with the body of one attempt; a stream is sent in one direction at a time, as `fetch` demands. */
export function withFreshBody(init: RequestInit | undefined, body: BodyInit): RequestInit {
  return { ...init, body, ...(isReplayable(body) ? {} : { duplex: 'half' }) } as RequestInit;
}
