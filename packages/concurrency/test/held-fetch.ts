import { type Fetch, onAbort } from '@steadfetch/core';

export const URL = 'https://api.example.com/';

export interface HeldFetch extends Fetch {
  /** The URLs of all calls, in the order they were started. */
  readonly started: string[];
  /** The highest number of calls in flight. */
  readonly peak: number;
  /** Answers the oldest call in flight, or fails it. */
  answer(error?: unknown): Promise<void>;
}

/** Leaves every call pending until the test answers it or it is aborted. */
export function heldFetch(): HeldFetch {
  const started: string[] = [];
  const inFlight: { resolve: (response: Response) => void; reject: (error: unknown) => void }[] = [];
  let peak = 0;
  const fetch: Fetch = (input, init) =>
    new Promise((resolve, reject) => {
      started.push(String(input));
      const held = { resolve, reject };
      inFlight.push(held);
      peak = Math.max(peak, inFlight.length);
      onAbort(init?.signal ?? undefined, (reason) => {
        const place = inFlight.indexOf(held);
        if (place >= 0) inFlight.splice(place, 1);
        reject(reason);
      });
    });
  const answer = async (error?: unknown) => {
    const { resolve, reject } = inFlight.shift()!;
    if (error === undefined) resolve(new Response('ok'));
    else reject(error);
    await settled();
  };
  return Object.defineProperty(Object.assign(fetch, { started, answer }), 'peak', { get: () => peak }) as HeldFetch;
}

export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
