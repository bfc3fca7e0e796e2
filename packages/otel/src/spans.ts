import {
  type Attributes,
  type Context,
  context,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type Call, notify } from '@steadfetch/core';
import { nameOf } from '@steadfetch/core/kit';
import { errorTypeOf, methodOf, serverOf } from './attributes.ts';

/** The contexts inside the spans of calls. Without a context manager that follows promises, a retry would lose the active context. */
const contexts = new WeakMap<object, Context>();

/** The parent context for the spans of a call's attempts. */
export function contextOf({ record }: Call): Context {
  return contexts.get(record) ?? context.active();
}

/** Makes a context the parent for the spans of a call's attempts. */
export function keepContext({ record }: Call, inside: Context): void {
  contexts.set(record, inside);
}

interface Start {
  readonly tracer: Tracer;
  /** Appended to the method in the name of the span. */
  readonly suffix?: string;
  readonly kind: SpanKind;
  readonly parent: Context;
  readonly attributes?: Attributes;
}

/** Starts a span, and returns it with the context inside it. Returns `undefined` if the tracer throws: the call goes on without a span. */
export function startSpan(
  { method, origin }: Call,
  { tracer, suffix = '', kind, parent, attributes }: Start,
): { readonly span: Span; readonly inside: Context } | undefined {
  try {
    const normalized = methodOf(method);
    const original = normalized === method ? undefined : { 'http.request.method_original': method };
    const all = { 'http.request.method': normalized, ...original, ...attributes, ...serverOf(origin) };
    const name = normalized === '_OTHER' ? 'HTTP' : normalized;
    const span = tracer.startSpan(name + suffix, { kind, attributes: all }, parent);
    return { span, inside: trace.setSpan(parent, span) };
  } catch {
    return undefined;
  }
}

/** Adds the outcome to a span, and ends the span. Ignores errors of the tracer, and of a response that cannot be read. */
export function endSpan(span: Span, describe: () => unknown): void {
  notify(describe);
  notify(() => span.end());
}

/** Adds the status to a span. A status from 400 on is an error, as the semantic conventions define it for clients. */
export function describeResponse(span: Span, { status }: Response): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 400) setError(span, String(status));
}

/** Adds an error to a span. A cancellation by the caller is not an error; a time limit that aborts the call, such as ky's, is one. */
export function describeError(span: Span, { signal, remaining }: Call, error: unknown): void {
  const isCancelled = signal?.aborted === true && nameOf(error) !== 'TimeoutError' && remaining() > 0;
  if (!isCancelled) setError(span, errorTypeOf(error));
}

function setError(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
