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

/** A call whose response has come. Stopping it aborts the fetch behind the response. */
export interface Arrival extends Follower {
  readonly call: Call;
  readonly controller: AbortController;
  readonly settings: TimeoutSettings;
  /** Removes the listener that stood on the caller's signal while the headers were awaited. */
  readonly release: () => void;
}

/**
 * What must live as long as a body that is returned as it is: the controller, and the `Request`, without which undici
 * does not forward the caller's abort.
 */
const alive = new WeakMap<object, Arrival>();

/**
 * The response to return: an abort by the caller must still reach a body that is being read, and no listener may stay on
 * a signal that outlives the call. Only a body limit, a signal in `init`, or a body made by a script, which does not
 * listen to the signal of a `Request`, makes a new `Response`. A body that is no web stream, as of node-fetch, is
 * returned as it is, and so is any where a `Response` cannot hold a stream, or a fetch inside has replaced how it is read.
 */
export function attachBody(response: Response, arrival: Arrival): Response {
  const { call, settings, release } = arrival;
  const scoped = !call.signal || isScoped(call.signal);
  if (scoped && settings.body === undefined) return response;
  const used = response?.bodyUsed; // first, since SvelteKit takes a body that is looked at, which in Workers counts as used
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
    (settings.body === undefined && response.url !== '' && signalOfRequest(call) && isOwnBody(response))
  ) {
    linkAsItIs(body, arrival);
    return response;
  }
  return watchBody(response, arrival, scoped);
}

/**
 * The body to attach to. Where a `Response` cannot hold a stream, the response stands for it: Expo up to SDK 55 begins to read
 * a body that is looked at, and `json()` then finds nothing. `undefined` where a mock answers nothing.
 */
function bodyOf(response: Response): ReadableStream<Chunk> | null | undefined {
  if (holdsStreams()) return response?.body;
  return 'body' in Object(response) ? (response as unknown as ReadableStream<Chunk>) : undefined;
}

/** Whether the signal belongs to the `Request`, and lives as long as that. */
function signalOfRequest({ input, signal }: Call): boolean {
  return isRequest(input) && input.signal === signal;
}

/**
 * Whether `body` is that of the platform. SvelteKit's response is a proxy, and has a body that takes the place of its own:
 * after that only this body can be read.
 */
function isOwnBody(response: Response): boolean {
  try {
    return Reflect.get(Response.prototype, 'body', response) === response.body;
  } catch {
    return false;
  }
}

/** Unlinks when a Node stream closes; for any other body, after garbage collection. */
function linkAsItIs(body: ReadableStream & { once?: unknown }, arrival: Arrival): void {
  const unlink = followWeakly(arrival.call.signal!, arrival);
  alive.set(body, arrival);
  if (typeof body.once === 'function') body.once('close', unlink);
}

type Chunk = Uint8Array<ArrayBuffer>;

/**
 * A body that passes on chunk by chunk, on demand: no timer runs while it is not read, and the caller's abort ends a
 * read at once even if the fetch ignores it. Unlinks when the body ends, fails or is cancelled.
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
    abort?.(); // first, since a limit inside takes a body that is cancelled for one that has ended
    notify(() => source.cancel(error));
  };
  const follower: Expirable & Follower = {
    /** No part of the body came in time. */
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
  // A response made by a script has no connection that an abort must close before the body is read. A body that is
  // never read must not leave a listener, so it is not linked yet where garbage collection cannot be observed.
  else if (response.url !== '' && canFollowWeakly()) unlink = followWeakly(signal!, follower, source.abandon);
  return watched;
}

/**
 * Reads the body of a response, or closes it. Holds the response, since undici cancels the body of one that was collected as garbage.
 * On its own, since `abandon` must not hold what follows the signal: it closes a body whose reader was collected, which no abort reaches
 * any more. A body of which nothing was read is left to the platform, as something inside may have kept its response.
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
