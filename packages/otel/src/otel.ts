import { type Meter, metrics, type Tracer } from '@opentelemetry/api';
import { compose, type Middleware, observe } from '@steadfetch/core';
import { checkBoolean, checkMembers, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { callSpans } from './call-spans.ts';
import { metricsOf, observeState, type Sources } from './metrics.ts';

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
 * @example compose(otel(), retry(), rateLimit(), timeout(10_000), otelAttempts())(fetch)
 */
export function otel(options?: OtelOptions): Middleware {
  const settings = readOptions('otel', OPTIONS, options);
  const meter = settings.meter ?? metrics.getMeter('steadfetch');
  observeState(meter, settings);
  const count = observe(metricsOf(meter));
  return settings.callSpan ? compose(count, callSpans(settings.tracer)) : count;
}
