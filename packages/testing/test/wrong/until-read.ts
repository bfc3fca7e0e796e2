import { defineMiddleware, type Middleware, onAbort } from '@steadfetch/core';

/** Lets so many calls through at once, each until its answer is read or its body has failed; also until it is cancelled. Of the last two it does not hear `deafTo`. */
export function untilRead(size: number, deafTo?: 'cancel' | 'failure'): Middleware {
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
      if (response.body) return new Response(released(response.body, release, deafTo), response);
      release();
      return response;
    } catch (error) {
      release();
      throw error;
    }
  });
}

function released(body: ReadableStream, release: () => void, deafTo?: string): ReadableStream {
  const reader = body.getReader();
  return new ReadableStream(
    {
      pull: async (stream) => {
        const { done, value } = await reader.read().catch((error) => {
          if (deafTo !== 'failure') release();
          throw error;
        });
        if (!done) return stream.enqueue(value);
        release();
        stream.close();
      },
      cancel: (reason) => {
        if (deafTo !== 'cancel') release();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
