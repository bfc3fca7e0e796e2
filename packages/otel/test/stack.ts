import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { compose } from '@steadfetch/core';
import { otel, otelAttempts } from '@steadfetch/otel';
import { retry } from '@steadfetch/retry';
import { instantClock } from '@steadfetch/testing';
import type { Sdk } from './sdk.ts';

export const URL = 'https://user:secret@api.test/x?token=1';
export const RESENDS = 'http.request.resend_count';

/** Of each span: what a test of attempts looks at. */
export const attemptsIn = ({ spans }: Sdk) =>
  spans()
    .filter(({ kind }) => kind === SpanKind.CLIENT)
    .map(({ attributes, status }) => [
      attributes['http.response.status_code'] ?? attributes['error.type'],
      attributes[RESENDS],
      status.code === SpanStatusCode.ERROR,
    ]);

export const stack = (options = {}) =>
  compose(otel(options), retry({ clock: instantClock(), budget: false, maxRetries: 3 }), otelAttempts());
