import { otel, otelAttempts } from '@steadfetch/otel';
import { describe, expect, it } from 'vitest';

describe('options', () => {
  it.each([
    [() => otel({ meter: {} as never }), 'otel: meter.createHistogram: expected a function, got undefined'],
    [() => otel({ tracer: {} as never }), 'otel: tracer.startSpan: expected a function, got undefined'],
    [() => otelAttempts({ tracer: {} as never }), 'otelAttempts: tracer.startSpan: expected a function, got undefined'],
    [
      () => otel({ circuitBreaker: {} as never }),
      'otel: circuitBreaker.breaker.snapshot: expected a function, got undefined of circuitBreaker.breaker undefined',
    ],
    [() => otel({ callSpan: 1 as never }), 'otel: callSpan: expected true or false, got 1'],
    [
      () => otelAttempts({ spans: 'both' as never }),
      'otelAttempts: spans: expected one of own, instrumentation, got "both"',
    ],
  ])('are refused by name: %#', (make, message) => {
    expect(make).toThrow(new TypeError(message));
  });
});
