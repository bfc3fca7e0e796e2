import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeFetch, manualClock, startServer } from '../src/index.ts';

const URL_ = 'http://api.test/things';

describe('an abort of a call to fakeFetch', () => {
  it.each([['stopped'], [null], [new Error('mine')]])('rejects with the reason of the abort: %s', async (reason) => {
    const controller = new AbortController();
    const clock = manualClock();
    const { signal } = controller;
    const calls = [
      fakeFetch({ fault: 'stall-headers' })(URL_, { signal }),
      fakeFetch({ delay: 1_000 }, { clock })(URL_, { signal }),
      fakeFetch(() => new Promise(() => {}))(URL_, { signal }),
      fakeFetch({ fault: 'stall-body' })(URL_, { signal }).then((response) => response.text()),
    ];
    const ends = Promise.allSettled(calls);
    await clock.advance(1);

    controller.abort(reason);

    expect((await ends).map((end) => end.status === 'rejected' && end.reason)).toEqual(Array(4).fill(reason));
    await expect(fakeFetch(200)(URL_, { signal })).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it.each([{}, { body: 'whole' }, { fault: 'truncate' }, { fault: 'stall-body' }] as const)(
    'ends the reading of a body by an abort right after it has begun, and what cancels it then: %o',
    async (reply) => {
      const [one, two] = [new AbortController(), new AbortController()];
      const response = await fakeFetch(reply)(URL_, { signal: one.signal });
      const { body } = await fakeFetch(reply)(URL_, { signal: two.signal });

      const read = response.text();
      one.abort('enough');
      two.abort('enough');

      await expect(read).rejects.toBe('enough');
      await expect(body!.cancel()).rejects.toBe('enough');
    },
  );

  it('ends the reading of a body by an abort as its last chunk comes, as fetch does', async () => {
    const server = await startServer({ body: 'whole' });
    onTestFinished(() => server.close());
    for (const fetch of [globalThis.fetch, fakeFetch({ body: 'whole' })]) {
      const controller = new AbortController();
      const { body } = await fetch(server.url, { signal: controller.signal });
      const reader = body!.getReader();
      expect((await reader.read()).value).toHaveLength(5);

      controller.abort('enough');

      await expect(reader.read()).rejects.toBe('enough');
    }
  });

  it.each(['truncate', 'reset-mid-body'] as const)(
    'ends the reading of a body by an abort before it breaks off: %s',
    async (fault) => {
      const controller = new AbortController();
      const response = await fakeFetch({ fault, body: 'whole' })(URL_, { signal: controller.signal });

      controller.abort('enough');

      await expect(response.text()).rejects.toBe('enough');
    },
  );

  it.each([{}, { body: 'whole' }, { json: 'whole' }, { body: 'whole', fault: 'close' }] as const)(
    'ends the reading of a whole body by an abort, also after the answer: %o',
    async (reply) => {
      const controller = new AbortController();
      const fetch = fakeFetch(reply);
      const init = { signal: controller.signal };
      const [first, ...others] = await Promise.all([fetch(URL_, init), fetch(URL_, init), fetch(URL_, init)]);

      expect(await first.clone().text()).toMatch('body' in reply || 'json' in reply ? 'whole' : '');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      controller.abort('enough');
      await expect(others.pop()!.body!.cancel()).rejects.toBe('enough');
      for (const response of others) await expect(response.text()).rejects.toBe('enough');
    },
  );

  it('leaves no rejection unhandled when a call with a form is aborted', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const body = new FormData();
    body.append('a', 'b');
    const controller = new AbortController();

    const before = fakeFetch(200)(URL_, { method: 'POST', body, signal: AbortSignal.abort('gone') });
    const during = fakeFetch(200)(URL_, { method: 'POST', body, signal: controller.signal });
    controller.abort('gone');

    await expect(before).rejects.toBe('gone');
    await expect(during).rejects.toBe('gone');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('cancels a body that is not sent', async () => {
    const cancelled: unknown[] = [];
    const endlessBody = () => new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
    const controller = new AbortController();
    const init = () =>
      ({ method: 'POST', body: endlessBody(), duplex: 'half', signal: controller.signal }) as RequestInit;
    const call = fakeFetch(200)(URL_, init());
    await new Promise((resolve) => setTimeout(resolve));

    controller.abort('enough');

    await expect(call).rejects.toBe('enough');
    await expect(fakeFetch(200)(URL_, init())).rejects.toBe('enough');
    expect(cancelled).toEqual(['enough', 'enough']);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});
