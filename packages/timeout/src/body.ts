import { type Call, notify } from '@steadfetch/core';
import { closeStream, holdsStreams, isByteStream, isPatched, isRequest, withBody } from '@steadfetch/core/kit';
import { abortScoped, canFollowWeakly, type Follower, follow, followWeakly, isScoped } from './link.ts';
import { TimeoutError } from './timeout-error.ts';
import { type Expirable, startTimer, type Time, type Timer } from './timer.ts';

export interface TimeoutSettings {
  readonly headers: number | undefined;
  readonly body: number | undefined;
  readonly time: Time;
}

/** A call whose response has arrived. `stop` aborts the fetch behind it. */
export interface Arrival extends Follower {
  readonly call: Call;
  readonly controller: AbortController;
  readonly settings: TimeoutSettings;
  /** Removes the listener that was on the caller's signal during the wait for the headers. */
  readonly release: () => void;
}

/**
 * Keeps alive what an unchanged body needs until it ends: the controller, and the `Request`, without which undici does not forward the
 * caller's abort.
 */
const keptAlive = new WeakMap<object, Arrival>();

/**
 * Returns the response for the caller. The caller's abort must still reach the body while it is read, and no listener may stay on a
 * signal that outlives the call. The result is a new `Response` only for a body limit, for a signal in `init`, and for a body made by a
 * script, which does not listen to the signal of a `Request`. A body that is not a web stream (node-fetch) is returned unchanged, and so
 * is every body if a `Response` cannot hold a stream, or if a fetch inside has replaced `json()` or similar.
 */
export function attachBody(response: Response, arrival: Arrival): Response {
  const { call, settings, release } = arrival;
  const scoped = !call.signal || isScoped(call.signal);
  if (scoped && settings.body === undefined) return response;
  const used = response?.bodyUsed; // read before `body`: in SvelteKit reading `body` takes the stream, and in Workers it then counts as used
  const body = bodyOf(response);
  if (!body || typeof body !== 'object' || body.locked || used) {
    release();
    return response;
  }
  const isStream = typeof body.getReader === 'function' && !isPatched(response);
  if (scoped && !isStream) return response;
  release();
  if (
    !isStream ||
    (settings.body === undefined && response.url !== '' && hasRequestSignal(call) && isOwnBody(response))
  ) {
    linkUnchanged(body, arrival);
    return response;
  }
  return watchBody(response, arrival, scoped);
}

/**
 * The body to link to the caller's signal. If a `Response` cannot hold a stream, the response itself is used: Expo up to SDK 55 starts to
 * read a body when `response.body` is accessed, and `json()` then finds nothing. `undefined` if a mock returned nothing.
 */
function bodyOf(response: Response): ReadableStream<Chunk> | null | undefined {
  if (holdsStreams()) return response?.body;
  return 'body' in Object(response) ? (response as unknown as ReadableStream<Chunk>) : undefined;
}

/** Whether the signal is that of the `Request`, and so lives no longer than the `Request`. */
function hasRequestSignal({ input, signal }: Call): boolean {
  return isRequest(input) && input.signal === signal;
}

/**
 * Whether `response.body` is the platform's own body. SvelteKit's response is a proxy with a replacement body. After the proxy has made
 * that, only the replacement can be read.
 */
function isOwnBody(response: Response): boolean {
  try {
    return Reflect.get(Response.prototype, 'body', response) === response.body;
  } catch {
    return false;
  }
}

/** Links an unchanged body to the caller's signal, until a Node stream closes, or until any other body was garbage collected. */
function linkUnchanged(body: ReadableStream & { once?: unknown }, arrival: Arrival): void {
  const unlink = followWeakly(arrival.call.signal!, arrival);
  keptAlive.set(body, arrival);
  if (typeof body.once === 'function') body.once('close', unlink);
}

type Chunk = Uint8Array<ArrayBuffer>;

/**
 * Returns a response whose body passes on the chunks of the source on demand. A timer runs only during a read. The caller's abort ends a
 * read at once, even if the fetch ignores the signal. The link ends when the body ends, fails or is cancelled.
 */
function watchBody(response: Response, { call, controller, settings }: Arrival, scoped: boolean): Response {
  const { signal } = call;
  const { body: limit, time } = settings;
  const source = sourceOf(response);
  let stream!: ReadableStreamController<Chunk>;
  let unlink: (() => void) | undefined;
  let failure: { error: unknown } | undefined;
  let ended = false;

  const end = (failed?: { error: unknown }) => {
    ended = true;
    failure = failed;
    unlink?.();
  };
  const fail = (error: unknown, abort?: () => void) => {
    end({ error });
    stream.error(error);
    abort?.(); // before the cancel: an inner timeout treats a cancelled body as one that has ended, and would ignore the abort
    notify(() => source.cancel(error));
  };
  const follower: Expirable & Follower = {
    isBody: true,
    /** No chunk of the body came in time. */
    expire: () => follower.stop(new TimeoutError('body', limit!, call)),
    stop: (reason) => {
      if (!ended) fail(reason, () => abortScoped(controller, reason));
    },
  };
  const pull = async () => {
    unlink ??= followWeakly(signal!, follower, source.abandon);
    let timer: Timer | undefined;
    try {
      timer = limit === undefined ? undefined : startTimer(time, limit, follower);
      const { done, value } = await source.read();
      if (ended) return;
      if (!done) return stream.enqueue(value);
      end();
      closeStream(stream);
    } catch (error) {
      if (!ended) fail(error);
    } finally {
      timer?.clear();
    }
  };

  const bytes = isByteStream(response.body!) ? { type: 'bytes' } : {};
  const passedOn = new ReadableStream(
    {
      ...bytes,
      start: (started: ReadableStreamController<Chunk>) => {
        stream = started;
      },
      pull,
      cancel: (reason: unknown) => {
        end();
        return source.cancel(reason);
      },
    } as UnderlyingDefaultSource<Chunk>,
    { highWaterMark: 0 },
  );
  const watched = withBody(response, passedOn, (error) => (failure ? failure.error : error));
  if (scoped) unlink = follow(signal, follower);
  // Links before the first read only if a response came from the network, whose connection an abort must close, and if garbage
  // collection can be observed: otherwise a body that is never read would leave a listener.
  else if (response.url !== '' && canFollowWeakly()) unlink = followWeakly(signal!, follower, source.abandon);
  return watched;
}

/**
 * Reads or closes the body of a response. Holds the response, because undici cancels the body of a garbage collected response.
 * `abandon` closes a body after the new body around it was garbage collected, since no abort can reach it then. It leaves an unread body
 * to the platform, because an inner layer may still hold its response. A separate function, so that `abandon` does not hold the follower.
 */
function sourceOf(response: Response) {
  let reader: ReadableStreamDefaultReader<Chunk> | undefined;
  return {
    read: () => {
      reader ??= response.body!.getReader();
      return reader.read();
    },
    cancel: (reason: unknown) => (reader ?? response.body!).cancel(reason),
    abandon: () => reader?.cancel(),
  };
}
