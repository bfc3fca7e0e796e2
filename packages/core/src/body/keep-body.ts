import type { Call } from '../call/call.ts';
import { isRequest } from '../call/request-members.ts';
import { notify } from '../events/notify.ts';
import { readField } from '../outcome/read-field.ts';
import { abortReason } from '../time/abort.ts';

/**
 * The call to send while another send may follow: sending a `Request` uses its body, so a clone is sent. One that cannot be
 * cloned is sent itself, once.
 */
export function keepBody(call: Call): Call {
  try {
    if (!carriesBody(call)) return call;
    const kept = call.withClone();
    const request = call.input as Request;
    const clones = CLONES.get(request);
    if (clones) clones.push(kept);
    else CLONES.set(request, [kept]);
    return kept;
  } catch {
    return call;
  }
}

/** The clones of a `Request`, which share its source: it is closed when all of them are. */
const CLONES = new WeakMap<Request, Call[]>();

/** Closes what a call that fails leaves unread, also in the clones that were made to send it. */
export function releaseBodies(call: Call): void {
  releaseBody(call);
  for (const clone of CLONES.get(call.input as Request) ?? []) releaseBodies(clone);
}

/** To be called when a call is over: a `Request` without a body may be sent many times. */
export function forgetClones({ input }: Call): void {
  CLONES.delete(input as Request);
}

/**
 * Closes a body that is not sent, as `fetch` would: what a clone left unread in a `Request`, which is used from then on, or
 * after an abort the stream in `init`. After another failure that is its owner's: it may be the request of a client, whose
 * connection is closed with it before it gets an answer.
 */
export function releaseBody(call: Call): void {
  if (carriesBody(call)) closeBody(call.input as Request);
  else if (call.signal?.aborted) cancelBody(call.init?.body, abortReason(call.signal));
}

/** A `Request` of Node writes its form into its stream, whether that is read or not. If it is closed before, the process ends. */
const FORM_OF_NODE = /boundary=----formdata-undici-/;

/** Closes the body of a `Request`; one that is a form of Node is read to its end. */
function closeBody({ headers, body }: Request): void {
  const type = readField(headers, 'content-type') ?? '';
  if (body && FORM_OF_NODE.test(type)) void body.pipeTo(new WritableStream()).catch(() => {});
  else cancelBody(body);
}

interface Closable {
  cancel?(reason: unknown): unknown;
  pipe?: unknown;
  readableDidRead?: boolean;
  destroy?(): void;
}

/** Closes the source of a stream, unless it is being read. Anything else needs no closing. */
export function cancelBody(body: unknown, reason?: unknown): void {
  try {
    const stream = Object(body) as Closable;
    if (typeof stream.cancel === 'function') notify(() => stream.cancel!(reason));
    else if (typeof stream.pipe === 'function' && stream.readableDidRead === false) stream.destroy?.();
  } catch {}
}

/** Judged by the method: Deno sends a body that was looked at in chunks, without its length. */
function carriesBody({ input, init }: Call): boolean {
  if (!isRequest(input) || (init?.body !== undefined && init.body !== null)) return false;
  return !input.bodyUsed && input.method !== 'GET' && input.method !== 'HEAD';
}
