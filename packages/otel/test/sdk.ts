import {
  type Attributes,
  context,
  isSpanContextValid,
  metrics,
  propagation,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { UndiciInstrumentation, type UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici';
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';

/** Writes the identity of the span into a header, as the W3C propagator does. */
const propagator: TextMapPropagator = {
  inject: (active, carrier, setter) => {
    const span = trace.getSpanContext(active);
    if (span && isSpanContextValid(span)) setter.set(carrier, 'x-span', span.spanId);
  },
  extract: (active) => active,
  fields: () => ['x-span'],
};

export interface Sdk {
  spans(): ReadableSpan[];
  /** The data points of a metric: attributes, and the value, or the count, the sum and the bounds of a histogram. */
  points(
    name: string,
  ): Promise<{ attributes: Attributes; value: number; sum?: number | undefined; bounds?: readonly number[] }[]>;
}

/** The real SDK with exporters in memory, in force for one test; with the instrumentation of undici if it has options. */
export function startSdk(undici?: UndiciInstrumentationConfig): Sdk {
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  trace.setGlobalTracerProvider(tracerProvider);
  metrics.setGlobalMeterProvider(meterProvider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagator);
  const instrumentation = undici && new UndiciInstrumentation(undici);
  instrumentation?.setTracerProvider(tracerProvider);
  instrumentation?.setMeterProvider(meterProvider);
  onTestFinished(async () => {
    instrumentation?.disable();
    for (const api of [trace, metrics, context, propagation]) api.disable();
    await meterProvider.shutdown();
  });
  return {
    spans: () => spanExporter.getFinishedSpans(),
    points: async (name) => {
      metricExporter.reset();
      await meterProvider.forceFlush();
      const all = metricExporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
      return (points as DataPoint<number | Histogram>[]).map(({ attributes, value }) =>
        typeof value === 'number'
          ? { attributes, value }
          : { attributes, value: value.count, sum: value.sum, bounds: value.buckets.boundaries },
      );
    },
  };
}
