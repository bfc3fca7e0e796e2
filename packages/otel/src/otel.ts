import {
  type Attributes,
  type Context,
  context,
  type Meter,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  type Call,
  compose,
  defineMiddleware,
  type Middleware,
  type Next,
  notify,
  observe,
  type SteadfetchEvent,
} from '@steadfetch/core';
import {
  callIdOf,
  checkBoolean,
  checkMembers,
  type OptionTable,
  readOptions,
  withObserverOf,
} from '@steadfetch/core/kit';
import { serverOf } from './attributes.ts';
import { metricsOf, nameOf, observeState } from './metrics.ts';

/** What is read whenever metrics are collected. */
export interface Sources {
  /** The `rateLimit()` of the stack, for the pace of each gate. */
  rateLimit?: { snapshot(): readonly { readonly key: string; readonly rate: number | undefined }[] } | undefined;
  /** The `circuitBreaker()` of the stack, for the state of each circuit: 0 closed, 1 half-open, 2 open. */
  circuitBreaker?: { readonly breaker: { snapshot(): Record<string, { readonly state: string }> } } | undefined;
  /** The `retryBudget()` of the stack, for the tokens that are left. */
  budget?: { snapshot(): Record<string, { readonly left: number }> } | undefined;
}

export interface OtelOptions extends Sources {
  /** @default that of the global provider, named `steadfetch` */
  meter?: Meter;
  /** @default that of the global provider, named `steadfetch` */
  tracer?: Tracer;
  /** Whether each call has an INTERNAL span around its attempts, with its waits as span events. @default false */
  callSpan?: boolean;
}

const OPTIONS = {
  meter: { check: (option: string, meter: Meter) => checkMembers(option, meter, ['createHistogram', 'createCounter']) },
  tracer: { check: (option: string, tracer: Tracer) => checkMembers(option, tracer, ['startSpan']) },
  callSpan: { check: checkBoolean, default: false },
  rateLimit: {
    check: (option: string, limiter: NonNullable<Sources['rateLimit']>) => checkMembers(option, limiter, ['snapshot']),
  },
  circuitBreaker: {
    check: (option: string, stateful: NonNullable<Sources['circuitBreaker']>) => {
      checkMembers(`${option}.breaker`, stateful?.breaker, ['snapshot']);
      return stateful;
    },
  },
  budget: {
    check: (option: string, budget: NonNullable<Sources['budget']>) => checkMembers(option, budget, ['snapshot']),
  },
} satisfies OptionTable<OtelOptions>;

/**
 * Metrics of what happens to calls, and a span around each call if asked for: put it first. `otelAttempts()`, put last,
 * makes the spans of attempts.
 *
 * @throws a `TypeError` that names the option
 * @example compose(otel(), retry(), rateLimit(), timeout(5_000), otelAttempts())(fetch)
 */
export function otel(options?: OtelOptions): Middleware {
  const settings = readOptions('otel', OPTIONS, options);
  const meter = settings.meter ?? metrics.getMeter('steadfetch');
  observeState(meter, settings);
  const count = observe(metricsOf(meter));
  return settings.callSpan ? compose(count, callSpans(settings.tracer)) : count;
}

/** The contexts of calls that have a span: where no context manager follows promises, a retry would lose it. */
const contexts = new WeakMap<object, Context>();

/** The context that the spans of attempts belong to. */
export function contextOf({ record }: Call): Context {
  return contexts.get(record) ?? context.active();
}

/** A call whose span is open: its attempts that have ended, and what had been sent by then. */
interface OpenCall {
  readonly span: Span;
  readonly record: Call['record'];
  ended: number;
  sends: number;
}

function callSpans(tracer: Tracer = trace.getTracer('steadfetch')): Middleware {
  const spans = new Map<number, OpenCall>();
  const around = (call: Call, next: Next) => {
    const name = `${call.method} call`;
    const started = startSpan(call, { tracer, name, kind: SpanKind.INTERNAL, parent: context.active() });
    if (!started) return next(call);
    const { span, inside } = started;
    const id = callIdOf(call.record);
    const { record } = call;
    const open: OpenCall = { span, record, ended: 0, sends: record.sends };
    spans.set(id, open);
    contexts.set(record, inside);
    const end = (attributesOf: () => Attributes) => {
      spans.delete(id);
      const attempts = open.ended + (record.sends > open.sends ? 1 : 0);
      endSpan(span, () => span.setAttributes({ 'steadfetch.attempts': attempts, ...attributesOf() }));
    };
    return context
      .with(inside, () => next(call))
      .then(
        (response) => {
          end(() => ({ 'http.response.status_code': response.status }));
          return response;
        },
        (error) => {
          end(() => {
            if (!isCancelled(call, error)) span.setStatus({ code: SpanStatusCode.ERROR });
            return { 'error.type': nameOf(error) };
          });
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
      if (event.type === 'attempt') {
        open.ended++;
        open.sends = open.record.sends;
      } else if (!ITS_OWN.has(event.type)) open.span.addEvent(`steadfetch.${event.type}`, membersOf(event));
    }),
  );
}

interface Start {
  readonly tracer: Tracer;
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent: Context;
  readonly attributes?: Attributes;
}

/** The span of a call or an attempt, and the context inside it; `undefined` where the tracer throws, which ends no call. */
export function startSpan(
  { method, origin }: Call,
  { tracer, name, kind, parent, attributes }: Start,
): { readonly span: Span; readonly inside: Context } | undefined {
  try {
    const all = { 'http.request.method': method, ...attributes, ...serverOf(origin) };
    const span = tracer.startSpan(name, { kind, attributes: all }, parent);
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

/** What the caller ends is no error. */
export function isCancelled({ signal }: Call, error: unknown): boolean {
  return signal?.aborted === true && nameOf(error) !== 'TimeoutError';
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
