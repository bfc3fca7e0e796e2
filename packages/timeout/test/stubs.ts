import type { Fetch } from '@steadfetch/core';
import { abortable } from '@steadfetch/core/kit';

export const URL = 'https://api.example.com/reports?token=secret';

/** The current outcome of a call, without further waiting. */
export const settled = <T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

export interface SlowFetch extends Fetch {
  readonly signals: AbortSignal[];
  answer(response: Response): void;
}

/** Never answers. Rejects with the reason of its signal, unless it ignores the signal. */
export function slowFetch({ ignoresSignal = false } = {}): SlowFetch {
  const signals: AbortSignal[] = [];
  let answer: (response: Response) => void = () => {};
  const fetch: Fetch = (_input, init) => {
    const { signal } = init!;
    signals.push(signal!);
    const response = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    return ignoresSignal ? response : abortable(response, signal!);
  };
  return Object.assign(fetch, { signals, answer: (response: Response) => answer(response) });
}

/** A body whose chunks are sent by hand. `cancelled` records the reason of its cancellation. */
export function handFed(type?: 'bytes') {
  let controller!: ReadableStreamController<Uint8Array<ArrayBuffer>>;
  const fed = {
    cancelled: undefined as unknown,
    send: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
    end: () => controller.close(),
    fail: (error: unknown) => controller.error(error),
    body: new ReadableStream<Uint8Array<ArrayBuffer>>({
      type,
      start: (c: ReadableStreamController<Uint8Array<ArrayBuffer>>) => {
        controller = c;
      },
      cancel: (reason: unknown) => {
        fed.cancelled = reason;
      },
    } as UnderlyingDefaultSource),
  };
  return fed;
}
