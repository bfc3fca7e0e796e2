import { defineMiddleware, type Middleware, onAbort } from '@steadfetch/core';

/** Lets so many calls through at once, each until its answer is read or its body has failed; also until it is cancelled, if `hearsCancel`. */
export function untilRead(size: number, hearsCancel = true): Middleware {
  let free = size;
  const waiting = new Set<() => void>();
  const release = (): void => {
    free++;
    const [goOn] = waiting;
    goOn?.();
  };
  const turn = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const goOn = () => {
        waiting.delete(goOn);
        stop();
        resolve();
      };
      waiting.add(goOn);
      const stop = onAbort(signal, (reason) => {
        waiting.delete(goOn);
        reject(reason);
      });
    });
  return defineMiddleware(async (call, next) => {
    while (free === 0) await turn(call.signal);
    free--;
    try {
      const response = await next(call);
      if (response.body) return new Response(released(response.body, release, hearsCancel), response);
      release();
      return response;
    } catch (error) {
      release();
      throw error;
    }
  });
}

function released(body: ReadableStream, release: () => void, hearsCancel: boolean): ReadableStream {
  const reader = body.getReader();
  return new ReadableStream(
    {
      pull: async (stream) => {
        const { done, value } = await reader.read().catch((error) => {
          release();
          throw error;
        });
        if (!done) return stream.enqueue(value);
        release();
        stream.close();
      },
      cancel: (reason) => {
        if (hearsCancel) release();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
