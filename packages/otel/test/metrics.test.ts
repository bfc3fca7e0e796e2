import { metrics } from '@opentelemetry/api';
import { circuitBreaker, consecutive } from '@steadfetch/circuit-breaker';
import { concurrency } from '@steadfetch/concurrency';
import { compose } from '@steadfetch/core';
import { METRICS, otel, otelAttempts } from '@steadfetch/otel';
import { rateLimit } from '@steadfetch/rate-limit';
import { retry } from '@steadfetch/retry';
import { retryBudget } from '@steadfetch/retry-budget';
import { fakeFetch, instantClock, startServer } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../src/metrics.ts';
import { startSdk } from './sdk.ts';
import { RESENDS, stack } from './stack.ts';

describe('the metrics', () => {
  const server = { 'server.address': 'api.test', 'server.port': 443 };

  it('count attempts by status, retries by reason and outcome, and give-ups by reason', async () => {
    const sdk = startSdk();
    const fetch = stack()(fakeFetch([503, 200, { error: 'ECONNRESET' }, 503, 503, 503, 200]));

    for (let call = 0; call < 3; call++) await fetch('https://api.test/');

    const attempts = await sdk.points(METRICS.attempt.name);
    expect(
      attempts.map(({ attributes, value }) => [
        attributes['http.response.status_code'] ?? attributes['error.type'],
        value,
      ]),
    ).toEqual([
      [503, 4],
      [200, 2],
      ['ECONNRESET', 1],
    ]);
    expect(await sdk.points(METRICS.retries.name)).toEqual([
      { attributes: { ...server, reason: 'status', outcome: 'recovered' }, value: 1 },
      { attributes: { ...server, reason: 'network', outcome: 'failed' }, value: 1 },
      { attributes: { ...server, reason: 'status', outcome: 'failed' }, value: 2 },
    ]);
    expect(await sdk.points(METRICS.giveUps.name)).toEqual([{ attributes: { ...server, reason: 'limit' }, value: 1 }]);
  });

  it('count a retry that is announced and not sent', async () => {
    const sdk = startSdk();
    const clock = instantClock();
    const breaker = circuitBreaker({ rule: consecutive(1), clock });
    const budget = retryBudget({ clock });

    await compose(
      otel({ circuitBreaker: breaker, budget }),
      retry({ clock, budget, delay: () => 1 }),
      breaker,
    )(fakeFetch([503]))('https://api.test/').catch(() => {});

    expect(await sdk.points(METRICS.retries.name)).toMatchObject([{ attributes: { outcome: 'not-sent' }, value: 1 }]);
    expect(await sdk.points(METRICS.circuit.name)).toMatchObject([
      { attributes: { action: 'opened' }, value: 1 },
      { attributes: { action: 'refused' }, value: 1 },
    ]);
    expect(await sdk.points(METRICS.circuitState.name)).toEqual([
      { attributes: { key: 'https://api.test' }, value: 2 },
    ]);
    expect(await sdk.points(METRICS.budget.name)).toMatchObject([{ attributes: { key: 'https://api.test' } }]);
  });

  it('measure waits at the gate and in the queue, and read the pace', async () => {
    const sdk = startSdk();
    const clock = instantClock();
    const limiter = rateLimit({ clock, limit: { requests: 1, per: 1_000 } });
    const fetch = compose(otel({ rateLimit: limiter }), concurrency(1), limiter)(fakeFetch([200]));

    await Promise.all([fetch('https://api.test/'), fetch('https://api.test/')]);

    expect(await sdk.points(METRICS.gateWait.name)).toMatchObject([{ attributes: server, value: 1 }]);
    expect(await sdk.points(METRICS.queueWait.name)).toMatchObject([{ attributes: server, value: 1 }]);
    expect(await sdk.points(METRICS.pace.name)).toEqual([]);
  });

  it('read the pace of each gate that has one', async () => {
    const sdk = startSdk();

    otel({
      rateLimit: {
        snapshot: () => [
          { key: 'a', rate: 5 },
          { key: 'b', rate: undefined },
        ],
      },
    });

    expect(await sdk.points(METRICS.pace.name)).toEqual([{ attributes: { key: 'a' }, value: 5 }]);
  });

  it('and the spans of 1,000 mixed calls are what the server counted', async () => {
    const sdk = startSdk({});
    const script = (_: unknown, index: number) => [200, 503, 200, 429, 500, 200, 404][(index * 2_654_435_761) % 7]!;
    await using origin = await startServer(script);
    const clock = instantClock();
    const steady = compose(
      otel(),
      retry({ clock, budget: false, maxRetries: 4 }),
      concurrency(20),
      otelAttempts(),
    )(fetch);

    const calls = Array.from({ length: 1_000 }, async (_, n) => discard(await steady(`${origin.url}${n}`)));
    await Promise.all(calls);

    const statuses = tally(origin.requests.map(({ status }) => status!));
    const points = await sdk.points(METRICS.attempt.name);
    const spans = sdk.spans();
    expect(spans).toHaveLength(origin.requests.length);
    expect(tally(spans.map(({ attributes }) => attributes['http.response.status_code'] as number))).toEqual(statuses);
    expect(
      Object.fromEntries(points.map(({ attributes, value }) => [attributes['http.response.status_code'], value])),
    ).toEqual(statuses);
    expect(spans.filter(({ attributes }) => attributes[RESENDS] !== undefined)).toHaveLength(
      origin.requests.length - 1_000,
    );
    // of each path: the first has no count, the others count from 1
    const seen = new Map<string, number>();
    for (const { attributes } of spans) {
      const path = attributes['url.full'] as string;
      expect(attributes[RESENDS]).toBe(seen.get(path));
      seen.set(path, (seen.get(path) ?? 0) + 1);
    }
  });
});

function listener() {
  const told = metricsOf(metrics.getMeter('test'));
  return (callId: number, members: object) => told({ callId, at: 0, origin: 'https://api.test', ...members } as never);
}

describe('the metrics of single events', () => {
  it('measure waits in seconds, until the request is sent, in buckets of seconds', async () => {
    const sdk = startSdk();
    const event = listener();

    event(1, { type: 'gate', action: 'wait', at: 1_000 });
    event(1, { type: 'attempt', method: 'GET', status: 200, at: 6_000, ms: 3_000 });

    expect(await sdk.points(METRICS.gateWait.name)).toMatchObject([{ value: 1, sum: 2 }]);
    expect(await sdk.points(METRICS.attempt.name)).toMatchObject([{ value: 1, sum: 3 }]);
    expect((await sdk.points(METRICS.attempt.name))[0]!.bounds!.slice(0, 3)).toEqual([0.005, 0.01, 0.025]);
  });

  it('forget the oldest of the calls whose end is never told', async () => {
    const sdk = startSdk();
    const event = listener();

    for (let call = 1; call <= 10_001; call++) event(call, { type: 'wait', reason: 'status' });
    event(10_001, { type: 'gate', action: 'closed' });
    for (const call of [1, 10_001]) event(call, { type: 'end' });

    expect(await sdk.points(METRICS.retries.name)).toMatchObject([{ value: 1 }]);
  });

  it('keep a call that waits while many others begin and end', async () => {
    const sdk = startSdk();
    const event = listener();

    event(0, { type: 'wait', reason: 'status' });
    for (let call = 1; call <= 10_001; call++) {
      event(call, { type: 'wait', reason: 'network' });
      event(call, { type: 'end' });
    }
    event(0, { type: 'end' });

    expect(await sdk.points(METRICS.retries.name)).toMatchObject([
      { attributes: { reason: 'network' }, value: 10_001 },
      { attributes: { reason: 'status' }, value: 1 },
    ]);
  });
});

const discard = (response: Response) => response.arrayBuffer();

function tally(statuses: number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
