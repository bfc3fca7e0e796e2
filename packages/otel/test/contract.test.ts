import { otel, otelAttempts } from '@steadfetch/otel';
import { middlewareContract } from '@steadfetch/testing';

middlewareContract(() => otel({ callSpan: true }));
middlewareContract(() => otelAttempts(), { name: 'otelAttempts' });
