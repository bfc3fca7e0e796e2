import type { Call } from '../call/call.ts';
import { isRequest } from '../call/request-members.ts';
import { notify } from '../events/notify.ts';
import { readField } from '../outcome/read-field.ts';
import { abortReason } from '../time/abort.ts';

/**
 * Returns the call to send if another send may follow. Sending a `Request` uses its body up, so a clone is sent. A `Request` that
 * cannot be cloned is sent itself, once.
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

/** The clones of a `Request`. They share its source, which closes only when all of them are closed. */
const CLONES = new WeakMap<Request, Call[]>();

/** Closes the unread body of a failed call, also in the clones that were made to send it. */
export function releaseBodies(call: Call): void {
  releaseBody(call);
  for (const clone of CLONES.get(call.input as Request) ?? []) releaseBodies(clone);
}

/** Call it when a call is over: a `Request` without a body may be sent again and again, and its clones would add up. */
export function forgetClones({ input }: Call): void {
  CLONES.delete(input as Request);
}

/**
 * Closes a body that will not be sent, as `fetch` would: the rest that clones left unread in a `Request`, whose body is used from then
 * on; or, after an abort, the stream in `init`. After another failure that stream is left to its owner: it may be an incoming request,
 * and to close it would close the client's connection before the client gets an answer.
 */
export function releaseBody(call: Call): void {
  if (carriesBody(call)) closeBody(call.input as Request);
  else if (call.signal?.aborted) cancelBody(call.init?.body, abortReason(call.signal));
}

/** A `Request` of Node writes its form into its stream, read or not. If the stream is cancelled before, the process crashes. */
const FORM_OF_NODE = /boundary=----formdata-undici-/;

/** Cancels the body of a `Request`, but reads a form of Node to its end. */
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

/** Closes the source of a stream, unless the stream is being read. Other bodies need no closing. */
export function cancelBody(body: unknown, reason?: unknown): void {
  try {
    const stream = Object(body) as Closable;
    if (typeof stream.cancel === 'function') notify(() => stream.cancel!(reason));
    else if (typeof stream.pipe === 'function' && stream.readableDidRead === false) stream.destroy?.();
  } catch {}
}

/** Judges by the method and does not read `body`: after that Deno sends the body in chunks, without its length. */
function carriesBody({ input, init }: Call): boolean {
  if (!isRequest(input) || (init?.body !== undefined && init.body !== null)) return false;
  return !input.bodyUsed && input.method !== 'GET' && input.method !== 'HEAD';
}
