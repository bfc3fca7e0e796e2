import { Call, type Fetch, onAbort } from '@steadfetch/core';

/** What a fetch was asked for, read when it was asked, as `fetch` reads it. */
export interface Asked {
  url: string;
  method: string;
  headers: Headers;
  init: RequestInit | undefined;
}

/** A fetch that answers 200 and writes down what it was asked for. */
export function probe(answer: (asked: Asked) => Promise<Response> = ok): { fetch: Fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: Fetch = (input, init) => {
    const { url, method, headers } = Call.from(input, init);
    const one: Asked = { url, method, headers: new Headers(headers), init };
    asked.push(one);
    return answer(one);
  };
  return { fetch, asked };
}

const ok = async () => new Response('ok');

/** A fetch that only ends by its signal, with its reason. */
export const endless: Fetch = (input, init) =>
  new Promise((_, reject) => {
    onAbort(Call.from(input, init).signal, reject);
  });

/** Counts the abort listeners on a signal. */
export function watchListeners(signal: AbortSignal): { readonly count: number } {
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  return {
    get count() {
      return listeners.size;
    },
  };
}

/** Counts the requests built and the messages cloned while `run` runs. */
export async function countCopies(run: () => Promise<unknown>): Promise<number> {
  const { Request: RealRequest } = globalThis;
  const cloneRequest = RealRequest.prototype.clone;
  const cloneResponse = Response.prototype.clone;
  let copies = 0;
  globalThis.Request = class extends RealRequest {
    constructor(...args: ConstructorParameters<typeof RealRequest>) {
      copies++;
      super(...args);
    }
  };
  RealRequest.prototype.clone = function () {
    copies++;
    return cloneRequest.call(this);
  };
  Response.prototype.clone = function () {
    copies++;
    return cloneResponse.call(this);
  };
  try {
    await run();
  } finally {
    globalThis.Request = RealRequest;
    RealRequest.prototype.clone = cloneRequest;
    Response.prototype.clone = cloneResponse;
  }
  return copies;
}
