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

/** The contexts of calls that have a span: where no context manager follows promises, a retry would lose it. */
const contexts = new WeakMap<object, Context>();

/** The context that the spans of attempts belong to. */
export function contextOf({ record }: Call): Context {
  return contexts.get(record) ?? context.active();
}

/** Lets the spans of a call's attempts belong to the context inside its span. */
export function keepContext({ record }: Call, inside: Context): void {
  contexts.set(record, inside);
}

interface Start {
  readonly tracer: Tracer;
  /** What follows the method in the name. */
  readonly suffix?: string;
  readonly kind: SpanKind;
  readonly parent: Context;
  readonly attributes?: Attributes;
}

/** The span of a call or an attempt, and the context inside it; `undefined` where the tracer throws, which ends no call. */
export function startSpan(
  { method, origin }: Call,
  { tracer, suffix = '', kind, parent, attributes }: Start,
): { readonly span: Span; readonly inside: Context } | undefined {
  try {
    const known = methodOf(method);
    const original = known === method ? undefined : { 'http.request.method_original': method };
    const all = { 'http.request.method': known, ...original, ...attributes, ...serverOf(origin) };
    const name = known === '_OTHER' ? 'HTTP' : known;
    const span = tracer.startSpan(name + suffix, { kind, attributes: all }, parent);
    return { span, inside: trace.setSpan(parent, span) };
  } catch {
    return undefined;
  }
}

/** Ends a span with its outcome. What a tracer throws, or a response that cannot be read, changes no call. */
export function endSpan(span: Span, describe: () => unknown): void {
  notify(describe);
  notify(() => span.end());
}

/** A status from 400 is an error, for a client. */
export function answered(span: Span, { status }: Response): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 400) failed(span, String(status));
}

/** What the caller ends is no error, but for what a time limit ends by an abort, as that of ky does. */
export function rejected(span: Span, { signal, remaining }: Call, error: unknown): void {
  const isCancelled = signal?.aborted === true && nameOf(error) !== 'TimeoutError' && remaining() > 0;
  if (!isCancelled) failed(span, errorTypeOf(error));
}

function failed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
