import { context, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import {
  type Call,
  compose,
  defineMiddleware,
  type Middleware,
  type Next,
  observe,
  type SteadfetchEvent,
} from '@steadfetch/core';
import { callIdOf, withObserverOf } from '@steadfetch/core/kit';
import { describeError, describeResponse, endSpan, keepContext, startSpan } from './spans.ts';

/** A call whose span has not ended. */
interface OpenCall {
  readonly span: Span;
  /** The attempts that have ended. */
  attempts: number;
}

/** Makes an INTERNAL span around each call, with waits, refusals and give-ups as span events. */
export function callSpans(tracer: Tracer = trace.getTracer('steadfetch')): Middleware {
  const spans = new Map<number, OpenCall>();
  const handler = (call: Call, next: Next) => {
    const started = startSpan(call, { tracer, suffix: ' call', kind: SpanKind.INTERNAL, parent: context.active() });
    if (!started) return next(call);
    const { span, inside } = started;
    const id = callIdOf(call.record);
    const open: OpenCall = { span, attempts: 0 };
    spans.set(id, open);
    keepContext(call, inside);
    const end = (describe: () => unknown) => {
      spans.delete(id);
      endSpan(span, () => {
        span.setAttribute('steadfetch.attempts', open.attempts);
        describe();
      });
    };
    return context
      .with(inside, () => next(call))
      .then(
        (response) => {
          end(() => describeResponse(span, response));
          return response;
        },
        (error) => {
          end(() => describeError(span, call, error));
          throw error;
        },
      );
  };
  const spanned = defineMiddleware(handler, 'otel');
  return compose(
    (next) => withObserverOf(spanned(next), next),
    observe((event) => {
      const open = spans.get(event.callId);
      if (!open) return;
      if (event.type === 'attempt') open.attempts++;
      else if (!NOT_SPAN_EVENTS.has(event.type)) open.span.addEvent(`steadfetch.${event.type}`, attributesOf(event));
    }),
  );
}

/** The strings and numbers of an event that the span does not have. */
function attributesOf(event: SteadfetchEvent): Record<string, string | number> {
  const members = Object.entries(event).filter(
    ([name, value]) => !LEFT_OUT.has(name) && /^(?:string|number)$/.test(typeof value),
  );
  return Object.fromEntries(members);
}

/** The span has most of these. `error` is a string if a program threw one, which may hold secrets. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'type',
  'callId',
  'method',
  'url',
  'origin',
  'at',
  'idempotencyKey',
  'error',
]);

/** The span itself shows the start and the end. */
const NOT_SPAN_EVENTS: ReadonlySet<string> = new Set(['start', 'end']);
