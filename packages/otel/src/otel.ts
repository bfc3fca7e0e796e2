import { type Meter, metrics, type Tracer } from '@opentelemetry/api';
import { compose, type Middleware, observe } from '@steadfetch/core';
import { checkBoolean, checkMembers, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { callSpans } from './call-spans.ts';
import { metricsOf, observeState, type Sources } from './metrics.ts';

export interface OtelOptions extends Sources {
  /** @default the meter `steadfetch` of the global provider */
  meter?: Meter;
  /** @default the tracer `steadfetch` of the global provider */
  tracer?: Tracer;
  /** Whether to make an INTERNAL span around each call, with its waits as span events. @default false */
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
 * Records metrics of calls and, with `callSpan`, makes a span around each call. Put it first. The spans of attempts come from
 * `otelAttempts()`, which you put last.
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
