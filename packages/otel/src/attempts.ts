import {
  context,
  createContextKey,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type Call, defineMiddleware, type Middleware, type Next, redactUrl } from '@steadfetch/core';
import { checkChoice, checkMembers, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { serverOf } from './attributes.ts';
import { nameOf } from './metrics.ts';
import { contextOf, isCancelled } from './otel.ts';

export interface AttemptsOptions {
  /**
   * Who makes the span of each attempt. `own`: we do, and an instrumentation of `fetch` or undici makes none for it.
   * `instrumentation`: that does, with `resendCountHook` as its `requestHook`. @default 'own'
   */
  spans?: 'own' | 'instrumentation';
  /** @default that of the global provider, named `steadfetch` */
  tracer?: Tracer;
}

const OPTIONS = {
  spans: { check: checkChoice<'own' | 'instrumentation'>, values: ['own', 'instrumentation'] as const, default: 'own' },
  tracer: { check: (option: string, tracer: Tracer) => checkMembers(option, tracer, ['startSpan']) },
} satisfies OptionTable<AttemptsOptions>;

/** How many requests the call has sent before, for the hook of an instrumentation. */
const RESENDS = createContextKey('steadfetch resends');
/** As `suppressTracing` of the SDK: the key has one name in all copies. */
const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * A CLIENT span for each attempt, with `http.request.resend_count` from the second on: put it last, nearest to `fetch`.
 *
 * A cancellation by the caller is no error. The context travels in the headers, by the global propagator.
 *
 * @throws a `TypeError` that names the option
 */
export function otelAttempts(options?: AttemptsOptions): Middleware {
  const { spans, tracer } = readOptions('otelAttempts', OPTIONS, options);
  const handler = spans === 'own' ? spanned(tracer ?? trace.getTracer('steadfetch')) : counted;
  return defineMiddleware(handler, 'otelAttempts');
}

/** The `requestHook` for `@opentelemetry/instrumentation-undici` or `-fetch`: it sets `http.request.resend_count`. */
export function resendCountHook(span: Span): void {
  const resends = context.active().getValue(RESENDS) as number | undefined;
  if (resends) span.setAttribute('http.request.resend_count', resends);
}

function counted(call: Call, next: Next): Promise<Response> {
  return context.with(contextOf(call).setValue(RESENDS, call.record.sends), () => next(call));
}

function spanned(tracer: Tracer): (call: Call, next: Next) => Promise<Response> {
  return (call, next) => {
    const parent = contextOf(call);
    const { sends } = call.record;
    const attributes = {
      'http.request.method': call.method,
      'url.full': redactUrl(call.url),
      ...serverOf(call.origin),
      ...(sends > 0 && { 'http.request.resend_count': sends }),
    };
    const span = tracer.startSpan(call.method, { kind: SpanKind.CLIENT, attributes }, parent);
    const inside = trace.setSpan(parent, span);
    const headers = new Headers(call.headers);
    propagation.inject(inside, headers, { set: (fields, name, value) => fields.set(name, value) });
    const answer = context.with(inside.setValue(SUPPRESSED, true), () => next(call.with({ headers })));
    return Promise.resolve(answer).then(
      (response) => {
        span.setAttribute('http.response.status_code', response.status);
        if (response.status >= 400) failed(span, String(response.status));
        span.end();
        return response;
      },
      (error) => {
        if (!isCancelled(call, error)) failed(span, nameOf(error));
        span.end();
        throw error;
      },
    );
  };
}

function failed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
