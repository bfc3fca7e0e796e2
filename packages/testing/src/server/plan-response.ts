import { abortReason, type Clock, throwIfAborted } from '@steadfetch/core';
import { abortable, holdsStreams, isByteStream, withBody } from '@steadfetch/core/kit';
import { pieces, sentBefore } from '../script/fault.ts';
import { bodyError } from '../script/network-error.ts';
import { BODILESS, type Plan } from '../script/reply.ts';

/** The call that a response is made for. The clock times a `drip`; the signal ends the body early. */
export interface Place {
  url: string;
  method: string;
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Whether a real `fetch` receives the response, as with msw. That `fetch` ends the body on an abort itself. */
  isReal?: boolean;
}

/**
 * Builds the `Response` of a plan. Its stream plays the faults of the body.
 *
 * It has a `content-length`, like a response of a server. Without one, with msw, undici treats an aborted body as
 * complete, and throws uncatchably.
 */
export function planResponse(plan: Plan, place: Place): Response {
  const { status, body, fault } = plan;
  const empty = place.method === 'HEAD' || BODILESS.has(status); // an empty body is still a body: it can be read once
  const whole = fault === undefined || fault === 'close';
  const headers = new Headers(plan.headers);
  // the response to a HEAD has the length of the body that a GET would get
  if (body.length > 0 && !headers.has('content-length')) headers.set('content-length', String(body.length));
  const response = new Response(empty ? null : whole ? body : faultyBody(plan, place), { status, headers });
  const { signal, isReal } = place;
  if (empty || !signal || isReal || !holdsStreams()) return response;
  const stream = whole ? wholeBody(response, body, signal) : response.body;
  return withBody(response, stream, (error) => (signal.aborted ? abortReason(signal) : error));
}

type Controller = ReadableByteStreamController | ReadableStreamDefaultController;

/** A whole body. To read it fails after an abort, like that of a real response. It adds no listener to the signal. */
function wholeBody(response: Response, body: Plan['body'], signal: AbortSignal): ReadableStream<Uint8Array> {
  const unread = body.length > 0 ? [body.slice()] : [];
  const pull = async (controller: Controller): Promise<void> => {
    await undefined; // an abort right after the start of a read still ends it
    throwIfAborted(signal);
    const chunk = unread.pop();
    if (chunk) return controller.enqueue(chunk); // ends with the next read, so that an abort at the chunk counts
    controller.close();
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  };
  const cancel = (): void => throwIfAborted(signal);
  return new ReadableStream(
    { ...(isByteStream(response.body!) && { type: 'bytes' }), pull, cancel },
    { highWaterMark: 0 },
  );
}

function faultyBody(plan: Plan, { url, clock, signal, isReal }: Place): ReadableStream<Uint8Array> {
  const { body, fault, every } = plan;
  const waits = fault === 'drip' ? every : 0;
  const queue = fault === 'drip' ? pieces(body) : [body.subarray(0, sentBefore(fault, body.length))];
  const pull = async (controller: Controller): Promise<void> => {
    await (waits > 0 ? clock.sleep(waits, signal) : undefined); // an abort right after the start of a read still ends it
    throwIfAborted(signal);
    const piece = queue.shift();
    if (piece?.length) controller.enqueue(piece.slice());
    if (fault === 'drip') return queue.length === 0 ? controller.close() : undefined; // together with the last piece, like a server
    if (piece?.length) return;
    if (fault === 'stall-body') return abortable(new Promise<never>(() => {}), signal);
    throw bodyError(fault === 'truncate' ? 'UND_ERR_SOCKET' : 'ECONNRESET', url);
  };
  const cancel = (): void => throwIfAborted(signal);
  const isBytes = !isReal && isByteStream(new Response('').body!);
  return new ReadableStream({ ...(isBytes && { type: 'bytes' }), pull, cancel }, { highWaterMark: 0 });
}
