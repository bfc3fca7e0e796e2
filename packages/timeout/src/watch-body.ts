import { abortable, type Call, closeStream, isByteStream, withBody } from '@steadfetch/core';
import { abortScoped } from './follow.ts';
import { sourceOf } from './source-of.ts';
import { startTimer, type Time } from './start-timer.ts';
import { TimeoutError } from './timeout-error.ts';

export interface BodyWatch {
  call: Call;
  /** Aborts the fetch behind the body. */
  controller: AbortController;
  /** Longest wait for the next chunk. */
  limit: number | undefined;
  time: Time;
  /** Links the controller to the caller's signal; called before the first read. Gives the function that unlinks it. */
  follow: () => () => void;
}

/**
 * The response, its body handed on chunk by chunk and only when asked: no timer runs while nobody reads, and the
 * caller's abort ends a read at once even if the fetch is deaf to it. Unlinks when the body ends, fails or is cancelled.
 */
export function watchBody(response: Response, watch: BodyWatch): Response {
  const { call, controller, limit, time, follow } = watch;
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  let unlink: (() => void) | undefined;
  let failure: { error: unknown } | undefined;

  const expire = () => abortScoped(controller, new TimeoutError('body', limit!, sourceOf(call)));

  async function pull(stream: ReadableStreamController<Uint8Array<ArrayBuffer>>): Promise<void> {
    unlink ??= follow();
    // the response itself is kept until now: undici cancels the body of one that was collected
    reader ??= response.body!.getReader();
    const timer = limit === undefined ? undefined : startTimer(time, limit, { expire });
    try {
      const { done, value } = await abortable(reader.read(), controller.signal);
      if (!done) return stream.enqueue(value);
      unlink();
      closeStream(stream);
    } catch (error) {
      failure = { error };
      unlink();
      void reader.cancel(error).catch(() => {});
      throw error;
    } finally {
      timer?.callOff();
    }
  }

  async function cancel(reason: unknown): Promise<void> {
    unlink ??= follow();
    unlink();
    await (reader ?? response.body!).cancel(reason);
  }

  const type = isByteStream(response.body!) ? 'bytes' : undefined;
  const body = new ReadableStream({ type, pull, cancel } as UnderlyingDefaultSource, { highWaterMark: 0 });
  return withBody(response, body, (error) => (failure ? failure.error : error));
}
