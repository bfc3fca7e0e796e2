import {
  context,
  createContextKey,
  propagation,
  type Span,
  SpanKind,
  type TextMapSetter,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type Call, defineMiddleware, type Middleware, type Next, notify, redactUrl } from '@steadfetch/core';
import { checkChoice, checkFunction, checkMembers, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { contextOf, describeError, describeResponse, endSpan, startSpan } from './spans.ts';

export interface AttemptsOptions {
  /**
   * What makes the span of each attempt. `own`: this middleware, which suppresses the spans of an instrumentation of `fetch` or undici.
   * `instrumentation`: such an instrumentation, with `resendCountHook` as its `requestHook`. @default 'own'
   */
  spans?: 'own' | 'instrumentation';
  /** @default the tracer `steadfetch` of the global provider */
  tracer?: Tracer;
  /** Whether to send the trace context in the headers of a call. @default in a browser to the page's own origin, elsewhere to all */
  propagate?: (call: Call) => boolean;
}

const OPTIONS = {
  spans: { check: checkChoice<'own' | 'instrumentation'>, values: ['own', 'instrumentation'] as const, default: 'own' },
  tracer: { check: (option: string, tracer: Tracer) => checkMembers(option, tracer, ['startSpan']) },
  propagate: { check: checkFunction, default: mayPropagate },
} satisfies OptionTable<AttemptsOptions>;

/** How many requests the call has sent before. `resendCountHook` reads it. */
const RESENDS = createContextKey('steadfetch resends');
/** The key of `suppressTracing()` in the SDK. All copies of the API give one key to one name. */
const SUPPRESSED = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Makes a CLIENT span for each attempt, with `http.request.resend_count` from the second on. Put it last, next to `fetch`.
 *
 * A cancellation by the caller is not an error. The global propagator writes the trace context into the headers.
 *
 * @throws a `TypeError` that names the option
 */
export function otelAttempts(options?: AttemptsOptions): Middleware {
  const { spans, tracer, propagate } = readOptions('otelAttempts', OPTIONS, options);
  const handler = spans === 'own' ? withSpans(tracer ?? trace.getTracer('steadfetch'), propagate) : withCounts();
  return defineMiddleware(handler, 'otelAttempts');
}

/** Sets `http.request.resend_count`. It is the `requestHook` for `@opentelemetry/instrumentation-undici` or `-fetch`. */
export function resendCountHook(span: Span): void {
  const resends = context.active().getValue(RESENDS) as number | undefined;
  if (resends) span.setAttribute('http.request.resend_count', resends);
}

function withCounts(): (call: Call, next: Next) => Promise<Response> {
  return (call, next) => context.with(contextOf(call).setValue(RESENDS, call.record.sends), () => next(call));
}

/**
 * Everywhere but in a browser: true. In a browser only for the page's own origin, because a call to another origin fails if that server does
 * not allow our header (CORS). Only a browser has both `location` and `origin`: Deno and Expo have the first, Cloudflare has the second.
 */
function mayPropagate(call: Call): boolean {
  const { location, origin } = globalThis as { location?: unknown; origin?: string };
  return location === undefined || origin === undefined || call.origin === origin;
}

function withSpans(tracer: Tracer, propagate: (call: Call) => boolean): (call: Call, next: Next) => Promise<Response> {
  return (call, next) => {
    // Before the span starts, since invalid headers throw here.
    const headers = new Headers(call.headers);
    const resends = call.record.sends;
    const attributes = {
      'url.full': redactUrl(call.url),
      ...(resends > 0 && { 'http.request.resend_count': resends }),
    };
    const started = startSpan(call, { tracer, kind: SpanKind.CLIENT, parent: contextOf(call), attributes });
    if (!started) return next(call);
    const { span, inside } = started;
    notify(() => propagate(call) && propagation.inject(inside, headers, SETTER));
    const answer = context.with(inside.setValue(SUPPRESSED, true), () => next(call.with({ headers })));
    return Promise.resolve(answer).then(
      (response) => {
        endSpan(span, () => describeResponse(span, response));
        return response;
      },
      (error) => {
        endSpan(span, () => describeError(span, call, error));
        throw error;
      },
    );
  };
}

const SETTER: TextMapSetter<Headers> = { set: (fields, name, value) => fields.set(name, value) };
