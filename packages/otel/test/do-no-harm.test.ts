import { propagation, type Tracer } from '@opentelemetry/api';
import { compose } from '@steadfetch/core';
import { otel, otelAttempts } from '@steadfetch/otel';
import { fakeFetch } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { startSdk } from './sdk.ts';

describe('what the layers of otel cannot read, or a tracer cannot take', () => {
  const thrower = (): never => {
    throw new Error('of the tracer');
  };
  const layers = (tracer: Tracer) => compose(otel({ tracer, callSpan: true }), otelAttempts({ tracer }));
  const broken = Object.fromEntries(
    ['setAttribute', 'setAttributes', 'setStatus', 'addEvent', 'end'].map((name) => [name, thrower]),
  );
  const unreadable = {
    get status(): never {
      throw new Error('no status');
    },
  };
  const unnamed = Object.defineProperty(new Error('odd'), 'name', { get: thrower });
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable(new Error('odd'), {});
    revoke();
    return proxy;
  };

  it.each<[name: string, tracer: Tracer]>([
    ['begins no span', { startSpan: thrower } as unknown as Tracer],
    ['takes nothing', { startSpan: () => broken } as unknown as Tracer],
  ])('changes no call where a tracer %s', async (_, tracer) => {
    const steady = layers(tracer);
    const mine = new Error('mine');

    expect((await steady(fakeFetch(503))('https://api.test/')).status).toBe(503);
    await expect(steady(() => Promise.reject(mine))('https://api.test/')).rejects.toBe(mine);
  });

  it.each([undefined, null, {}, unreadable])('changes no answer, and ends its spans: %#', async (answer) => {
    const sdk = startSdk();

    const steady = compose(otel({ callSpan: true }), otelAttempts())(async () => answer as never);

    // what observers read of an answer is not of this package
    if (answer !== unreadable) expect(await steady('https://api.test/')).toBe(answer);
    expect(await otelAttempts()(async () => answer as never)('https://api.test/')).toBe(answer);
    expect(sdk.spans()).toHaveLength(answer === unreadable ? 1 : 3);
  });

  it.each([() => undefined, () => 'text', () => unnamed, revoked])(
    'changes no error, and ends its spans: %#',
    async (make) => {
      const sdk = startSdk();
      const error: unknown = make();
      const steady = compose(otel({ callSpan: true }), otelAttempts())(() => Promise.reject(error));

      const thrown = await steady('https://api.test/').catch((thrown: unknown) => ({ thrown }));

      expect(Object.is((thrown as { thrown: unknown }).thrown, error)).toBe(true);
      expect(sdk.spans()).toHaveLength(2);
    },
  );

  it('sends the attempt where the propagator throws, and begins no span for headers that are invalid', async () => {
    const sdk = startSdk();
    propagation.disable();
    propagation.setGlobalPropagator({ inject: thrower, extract: (active) => active, fields: () => [] });
    const steady = otelAttempts()(fakeFetch(200));

    expect((await steady('https://api.test/')).status).toBe(200);
    await expect(steady('https://api.test/', { headers: { 'no name': '' } })).rejects.toThrow(TypeError);
    expect(sdk.spans()).toHaveLength(1);
  });
});
