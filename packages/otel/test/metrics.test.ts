import { metrics } from '@opentelemetry/api';
import { METRICS } from '@steadfetch/otel';
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../src/metrics.ts';
import { startSdk } from './sdk.ts';

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
