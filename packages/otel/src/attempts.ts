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
import { answered, contextOf, endSpan, rejected, startSpan } from './spans.ts';

export interface AttemptsOptions {
  /**
   * What makes the span of each attempt. `own`: we do, and an instrumentation of `fetch` or undici makes none for it.
   * `instrumentation`: that does, with `resendCountHook` as its `requestHook`. @default 'own'
   */
  spans?: 'own' | 'instrumentation';
  /** @default that of the global provider, named `steadfetch` */
  tracer?: Tracer;
  /** Whether the context goes with a call, in its headers. @default in a browser to the page's own origin, elsewhere to all */
  propagate?: (call: Call) => boolean;
}

const OPTIONS = {
  spans: { check: checkChoice<'own' | 'instrumentation'>, values: ['own', 'instrumentation'] as const, default: 'own' },
  tracer: { check: (option: string, tracer: Tracer) => checkMembers(option, tracer, ['startSpan']) },
  propagate: { check: checkFunction, default: mayPropagate },
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
  const { spans, tracer, propagate } = readOptions('otelAttempts', OPTIONS, options);
  const handler = spans === 'own' ? spanned(tracer ?? trace.getTracer('steadfetch'), propagate) : counted();
  return defineMiddleware(handler, 'otelAttempts');
}

/** The `requestHook` for `@opentelemetry/instrumentation-undici` or `-fetch`: it sets `http.request.resend_count`. */
export function resendCountHook(span: Span): void {
  const resends = context.active().getValue(RESENDS) as number | undefined;
  if (resends) span.setAttribute('http.request.resend_count', resends);
}

/** Says how many requests of a call passed before. A send outside of a foreign wrapper is the same request as the one inside. */
function counter(): (call: Call) => number {
  const passed = new WeakMap<object, number>();
  return ({ record }) => {
    const before = passed.get(record) ?? 0;
    passed.set(record, before + 1);
    return before;
  };
}

function counted(): (call: Call, next: Next) => Promise<Response> {
  const resendsOf = counter();
  return (call, next) => context.with(contextOf(call).setValue(RESENDS, resendsOf(call)), () => next(call));
}

/**
 * A browser refuses a call to another origin (CORS) with a header that its server does not allow. Only there a page or a worker has an
 * address and an origin: Deno and Expo have an address, Cloudflare has an origin.
 */
function mayPropagate(call: Call): boolean {
  const { location, origin } = globalThis as { location?: unknown; origin?: string };
  return location === undefined || origin === undefined || call.origin === origin;
}

function spanned(tracer: Tracer, propagate: (call: Call) => boolean): (call: Call, next: Next) => Promise<Response> {
  const resendsOf = counter();
  return (call, next) => {
    // before there is a span: headers that are invalid end the call
    const headers = new Headers(call.headers);
    const resends = resendsOf(call);
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
        endSpan(span, () => answered(span, response));
        return response;
      },
      (error) => {
        endSpan(span, () => rejected(span, call, error));
        throw error;
      },
    );
  };
}

const SETTER: TextMapSetter<Headers> = { set: (fields, name, value) => fields.set(name, value) };
