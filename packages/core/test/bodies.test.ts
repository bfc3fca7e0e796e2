import { discard, peek } from '@steadfetch/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

function streamOf(chunks: Iterator<string>, onCancel = () => {}): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const { value, done } = chunks.next();
      if (done) controller.close();
      else controller.enqueue(new TextEncoder().encode(value));
    },
    cancel: onCancel,
  });
}

function* endless() {
  for (;;) yield 'x'.repeat(1_024);
}

const turns = async () => {
  for (let turn = 0; turn < 300; turn++) await Promise.resolve();
};

describe('discard', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('drains a small body and leaves no timer', async () => {
    const cancelled = vi.fn();
    const response = new Response(streamOf(['a', 'b'].values(), cancelled));

    discard(response);
    await turns();

    expect(response.bodyUsed).toBe(true);
    expect(cancelled).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cancels a body that is larger than it is worth', async () => {
    const cancelled = vi.fn();

    discard(new Response(streamOf(endless(), cancelled)), { maxBytes: 4_096 });
    await turns();

    expect(cancelled).toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cancels a body that stalls', async () => {
    const cancelled = vi.fn();

    discard(new Response(new ReadableStream({ cancel: cancelled })), { patience: 50 });
    await vi.advanceTimersByTimeAsync(50);

    expect(cancelled).toHaveBeenCalled();
  });

  it('leaves alone what has no body, is used, or is being read', async () => {
    const used = new Response('x');
    await used.text();
    const read = new Response('y');
    read.body!.getReader();

    for (const response of [new Response(null), used, read]) discard(response);

    expect(vi.getTimerCount()).toBe(0);
  });

  it('swallows a body that errors, also when it is cancelled', async () => {
    const broken = new ReadableStream({ pull: () => Promise.reject(new Error('reset')) });
    const stubborn = new ReadableStream({ cancel: () => Promise.reject(new Error('no')) });

    discard(new Response(broken));
    discard(new Response(stubborn), { patience: 1 });
    await vi.advanceTimersByTimeAsync(1);

    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('peek', () => {
  it('gives the beginning and leaves the whole readable', async () => {
    const response = new Response('{"error":"busy"}');

    expect(await peek(response, 8)).toBe('{"error"');
    expect(await response.text()).toBe('{"error":"busy"}');
  });

  it('gives all of a short body, and can be called again', async () => {
    const response = new Response('ü');

    expect([await peek(response), await peek(response)]).toEqual(['ü', 'ü']);
  });

  it('reads no more than it was asked for', async () => {
    const response = new Response(streamOf(endless()));

    expect(await peek(response, 2_000)).toHaveLength(2_000);
    await response.body!.cancel();
  });

  it("gives '' without a body, for a used and for a locked one", async () => {
    const used = new Response('x');
    await used.text();
    const locked = new Response('y');
    locked.body!.getReader();

    expect([await peek(new Response(null)), await peek(used), await peek(locked)]).toEqual(['', '', '']);
  });
});
