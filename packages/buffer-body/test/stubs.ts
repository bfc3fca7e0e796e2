import { defineMiddleware, type Middleware } from '@steadfetch/core';

export const URL = 'https://api.example.com/report';

/** Repeats a call whose attempt failed, as `retry` does, and counts. */
export function again(): { middleware: Middleware; errors: unknown[] } {
  const errors: unknown[] = [];
  const middleware = defineMiddleware(async (call, next) => {
    for (;;) {
      try {
        return await next(call);
      } catch (error) {
        call.signal?.throwIfAborted();
        errors.push(error);
      }
    }
  });
  return { middleware, errors };
}

/** A body of these chunks, and of the error that ends it if there is one. */
export function bodyOf(chunks: string[], error?: unknown): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return new ReadableStream({
    pull(stream) {
      const chunk = left.shift();
      if (chunk) stream.enqueue(chunk);
      else if (error === undefined) stream.close();
      else stream.error(error);
    },
  });
}

export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${String(value)}`);
    },
    (error: unknown) => error,
  );
