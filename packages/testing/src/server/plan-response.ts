import { abortReason, type Clock, throwIfAborted } from '@steadfetch/core';
import { abortable, holdsStreams, isByteStream, withBody } from '@steadfetch/core/kit';
import { pieces, sentBefore } from '../script/fault.ts';
import { bodyError } from '../script/network-error.ts';
import { BODILESS, type Plan } from '../script/reply.ts';

/** Where a response is made: whose clock drips it, and what ends it early. */
export interface Place {
  url: string;
  method: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Whether a real `fetch` takes it, as below msw, which ends the body on an abort itself. */
  isReal?: boolean;
}

/**
 * The `Response` of a plan, with the faults of its body played in the stream.
 *
 * It has a length, as that of a server: below msw, undici takes a body without one that is aborted for a complete one,
 * and throws where it cannot be caught.
 */
export function planResponse(plan: Plan, place: Place): Response {
  const { status, body, fault } = plan;
  const empty = place.method === 'HEAD' || BODILESS.has(status); // without bytes a body is still one, which is read once
  const whole = fault === undefined || fault === 'close';
  const headers = new Headers(plan.headers);
  // a HEAD has that of the body that it does not get
  if (body.length > 0 && !headers.has('content-length')) headers.set('content-length', String(body.length));
  const response = new Response(empty ? null : whole ? body : faultyBody(plan, place), { status, headers });
  return whole && !empty ? untilAbort(response, body, place) : response;
}

/** The same response, of which nothing is read after an abort, as of a real one. It listens to no signal while it is not read. */
function untilAbort(response: Response, body: Plan['body'], { signal, isReal }: Place): Response {
  if (!signal || isReal || !holdsStreams()) return response;
  const pull = async (controller: ReadableByteStreamController | ReadableStreamDefaultController): Promise<void> => {
    await undefined; // an abort right after the reading has begun ends it
    throwIfAborted(signal);
    if (body.length > 0) controller.enqueue(body.slice());
    controller.close();
    if (body.length === 0 && 'byobRequest' in controller) controller.byobRequest?.respond(0);
  };
  const cancel = (): void => throwIfAborted(signal);
  const stream = new ReadableStream(
    { ...(isByteStream(response.body!) && { type: 'bytes' }), pull, cancel },
    { highWaterMark: 0 },
  );
  return withBody(response, stream, (error) => (signal.aborted ? abortReason(signal) : error));
}

function faultyBody(plan: Plan, { url, clock, signal }: Place): ReadableStream<Uint8Array> {
  const { body, fault, every } = plan;
  const queue = fault === 'drip' ? pieces(body) : [body.subarray(0, sentBefore(fault, body.length))];
  const next = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    throwIfAborted(signal);
    const piece = queue.shift();
    if (piece?.length) controller.enqueue(piece);
    if (fault === 'drip') return queue.length === 0 ? controller.close() : undefined; // with the last piece, as a server
    if (piece?.length) return;
    if (fault === 'stall-body') return abortable(new Promise<never>(() => {}), signal);
    throw bodyError(fault === 'truncate' ? 'UND_ERR_SOCKET' : 'ECONNRESET', url);
  };
  const waits = fault === 'drip' ? every : 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (waits > 0) await clock.sleep(waits, signal);
    await next(controller);
  };
  const cancel = (): void => throwIfAborted(signal);
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}
