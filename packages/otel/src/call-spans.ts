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
import { answered, endSpan, keepContext, rejected, startSpan } from './spans.ts';

/** A call whose span is open, with its attempts that have ended. */
interface OpenCall {
  readonly span: Span;
  attempts: number;
}

/** An INTERNAL span around each call, with its waits as span events. */
export function callSpans(tracer: Tracer = trace.getTracer('steadfetch')): Middleware {
  const spans = new Map<number, OpenCall>();
  const around = (call: Call, next: Next) => {
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
          end(() => answered(span, response));
          return response;
        },
        (error) => {
          end(() => rejected(span, call, error));
          throw error;
        },
      );
  };
  const spanned = defineMiddleware(around, 'otel');
  return compose(
    (next) => withObserverOf(spanned(next), next),
    observe((event) => {
      const open = spans.get(event.callId);
      if (!open) return;
      if (event.type === 'attempt') open.attempts++;
      else if (!ITS_OWN.has(event.type)) open.span.addEvent(`steadfetch.${event.type}`, membersOf(event));
    }),
  );
}

/** The texts and numbers of an event. */
function membersOf(event: SteadfetchEvent): Record<string, string | number> {
  const members = Object.entries(event).filter(
    ([name, value]) => !SAID.has(name) && /^(?:string|number)$/.test(typeof value),
  );
  return Object.fromEntries(members);
}

/** `error` is a text where one was thrown in place of an error. */
const SAID: ReadonlySet<string> = new Set([
  'type',
  'callId',
  'method',
  'url',
  'origin',
  'at',
  'idempotencyKey',
  'error',
]);

/** The span of the call and those of its attempts say as much. */
const ITS_OWN: ReadonlySet<string> = new Set(['start', 'end']);
