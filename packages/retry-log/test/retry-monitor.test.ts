import { observe } from '@steadfetch/core';
import { instantClock, middlewareContract, seededRandom } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { retryMonitor } from '../src/index.ts';
import { eventOf, waitEvent } from './events.ts';
import { report, setUp } from './monitor.ts';

describe('retryMonitor', () => {
  it('reports once when the share reaches the threshold, and once when it is clearly below half of it', async () => {
    const { call, onExcessive, onRecovered } = setUp({ threshold: 0.5, minCalls: 4 });

    for (const failures of [0, 0, 1, 1, 1, 1]) await call(failures);
    expect(onExcessive.mock.calls).toEqual([[{ calls: 4, retried: 2, share: 0.5 }]]);
    expect(onRecovered).not.toHaveBeenCalled();

    for (let n = 0; n < 10; n++) await call(0);
    expect(onRecovered).not.toHaveBeenCalled();
    for (let n = 0; n < 11; n++) await call(0);
    expect(onExcessive).toHaveBeenCalledTimes(1);
    expect(onRecovered.mock.calls).toEqual([[{ calls: 27, retried: 4, share: 4 / 27 }]]);
  });

  it.each([1, 10, 100])(
    'reports a steady share at its threshold once in ten minutes, at %i calls a second',
    (perSecond) => {
      const clock = instantClock();
      const random = seededRandom(7);
      const onExcessive = vi.fn();
      const monitor = retryMonitor({ onExcessive, clock });
      for (let n = 0; n < 600 * perSecond; n++) {
        report(monitor, n, random() < 0.2);
        clock.advance(1_000 / perSecond);
      }

      expect(onExcessive).toHaveBeenCalledTimes(1);
    },
  );

  it('calls a share of a third of a low threshold normal within two windows after an outage', () => {
    const clock = instantClock();
    const random = seededRandom(7);
    const onRecovered = vi.fn();
    const monitor = retryMonitor({ threshold: 0.01, onExcessive: () => {}, onRecovered, clock });
    for (let n = 0; n < 18_000; n++) {
      report(monitor, n, n < 6_000 || random() < 0.003);
      clock.advance(10);
    }

    expect(onRecovered).toHaveBeenCalledTimes(1);
  });

  it('does not call a share normal on few calls, unless none was retried', async () => {
    const clock = instantClock();
    const { call, onRecovered } = setUp({ window: 1_000, minCalls: 10 }, clock);
    for (let n = 0; n < 10; n++) await call(1);
    clock.advance(1_000);

    await call(1);
    expect(onRecovered).not.toHaveBeenCalled();

    clock.advance(1_000);
    await call(0);
    expect(onRecovered).toHaveBeenCalledTimes(1);
  });

  it('reports nothing below minCalls', async () => {
    const { call, onExcessive } = setUp({ minCalls: 3 });

    await call(1);
    await call(1);
    expect(onExcessive).not.toHaveBeenCalled();

    await call(1);
    expect(onExcessive).toHaveBeenCalledTimes(1);
  });

  it('forgets what is older than the window', async () => {
    const clock = instantClock();
    const { call, monitor, onRecovered } = setUp({ window: 1_000, minCalls: 1 }, clock);
    await call(1);

    clock.advance(1_000);

    expect(monitor.snapshot()).toMatchObject({ calls: 0, retried: 0, share: 0, excessive: false });
    expect(onRecovered).not.toHaveBeenCalled();
    await call(0);
    expect(onRecovered).toHaveBeenCalledTimes(1);
  });

  it('reports an outage that most calls wait for in a line', () => {
    const { monitor, onExcessive } = setUp();
    for (let callId = 0; callId < 1_000; callId++) {
      monitor(eventOf('start', { callId }));
      if (callId >= 20) monitor(eventOf('queue', { action: 'wait', callId }));
    }

    for (let callId = 0; callId < 20; callId++) monitor(waitEvent({ callId }));

    expect(onExcessive).toHaveBeenCalledTimes(1);
  });

  it('ignores an observer that throws', async () => {
    const { call, onExcessive } = setUp({ minCalls: 1 });
    onExcessive.mockImplementation(() => {
      throw new Error('mine');
    });

    expect((await call(1)).status).toBe(200);
  });

  it('needs no onRecovered, and has defaults', async () => {
    const onExcessive = vi.fn();
    const monitor = retryMonitor({ onExcessive });

    for (let n = 0; n < 20; n++) report(monitor, n, true);
    for (let n = 0; n < 400; n++) report(monitor, n, false);

    expect(onExcessive.mock.calls).toEqual([[{ calls: 20, retried: 20, share: 1 }]]);
    expect(monitor.snapshot().excessive).toBe(false);
  });

  it.each([
    [{ window: 0 }, RangeError, /window: .*got 0/],
    [{ window: '60' }, TypeError, /window/],
    [{ window: 2 ** 31 }, RangeError, /window/],
    [{ threshold: 0 }, RangeError, /threshold/],
    [{ threshold: 1.1 }, RangeError, /threshold.*got 1.1/],
    [{ threshold: Number.NaN }, RangeError, /threshold.*got NaN/],
    [{ threshold: null }, TypeError, /threshold/],
    [{ minCalls: 0 }, RangeError, /minCalls/],
    [{ minCalls: 1.5 }, RangeError, /minCalls/],
    [{ onExcessive: 'page me' }, TypeError, /onExcessive/],
    [{ onRecovered: 1 }, TypeError, /onRecovered/],
    [{ clock: {} }, TypeError, /^retryMonitor: clock/],
    [{ clock: null }, TypeError, /^retryMonitor: clock/],
    [{ treshold: 0.5 }, TypeError, /unknown option 'treshold'/],
  ])('refuses %o', (options, type, message) => {
    const make = () => retryMonitor({ onExcessive: () => {}, ...options } as never);

    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });
});

middlewareContract(() => observe(retryMonitor({ onExcessive: () => {} })));
