import { getEventListeners } from 'node:events';
import { onAbort } from '@steadfetch/core';
import { describe, expect, it } from 'vitest';

const count = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('onAbort', () => {
  it('adds one event listener to a signal for all listeners, and removes it with the last', () => {
    const { signal } = new AbortController();

    const releases = Array.from({ length: 1_000 }, () => onAbort(signal, () => {}));
    const carried = count(signal);
    for (const release of releases.slice(1)) release();
    const left = count(signal);
    releases[0]!();
    releases[0]!();

    expect([carried, left, count(signal)]).toEqual([1, 1, 0]);
  });

  it('calls the remaining listeners once, in their order, with the reason', () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const releases: (() => void)[] = [];
    const listen = (name: string) => onAbort(controller.signal, (reason) => reasons.push(name, reason));
    releases.push(listen('a'), listen('b'));
    onAbort(controller.signal, () => releases[3]!());
    releases.push(listen('c'), listen('d'));
    releases[1]!();

    controller.abort('stop');
    controller.signal.dispatchEvent(new Event('abort'));

    expect(reasons).toEqual(['a', 'stop', 'c', 'stop']);
    expect(count(controller.signal)).toBe(0);
  });

  it('listens again after the last listener has gone', () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    onAbort(controller.signal, () => {})();
    onAbort(controller.signal, (reason) => reasons.push(reason));

    controller.abort(null);

    expect(reasons).toEqual([null]);
  });

  it('calls a listener even if another throws', () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    onAbort(controller.signal, () => {
      throw new Error('mine');
    });
    onAbort(controller.signal, (reason) => reasons.push(reason));

    controller.abort('stop');

    expect(reasons).toEqual(['stop']);
  });
});
