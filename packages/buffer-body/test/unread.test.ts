import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { bufferBody } from '../src/index.ts';
import { URL } from './stubs.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const collect = async () => {
  for (let turn = 0; turn < 10; turn++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve));
  }
};

/** A body that a connection would feed: it lives on when its response is collected. */
function connection() {
  const chunks = ['one,', 'two,', 'three,', 'four'].map((text) => new TextEncoder().encode(text));
  const cancel = vi.fn();
  const pull = (stream: ReadableStreamDefaultController) =>
    chunks[0] ? stream.enqueue(chunks.shift()) : stream.close();
  const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  return { cancel, body, send: () => bufferBody({ maxBytes: 6 })(async () => new Response(body))(URL) };
}

describe('the rest of a body above maxBytes', () => {
  it('is cancelled when its response was dropped unread, as fetch does: else the connection stays open', async () => {
    const { send, cancel } = connection();
    await send();

    await expect
      .poll(() => {
        gc();
        return cancel.mock.calls.length;
      })
      .toBe(1);
  });

  it.each([
    ['returns nothing', undefined],
    ['throws', new Error('not implemented')],
  ])(
    'may be of a mock whose cancel %s: an error after garbage collection would end the process',
    async (_name, error) => {
      const uncaught = vi.fn();
      process.on('uncaughtException', uncaught);
      const chunks: unknown[] = ['one,', 'two'];
      const cancel = vi.fn(() => {
        if (error) throw error;
      });
      const read = async () => ({ done: chunks.length === 0, value: chunks.shift() });
      const body = { locked: false, getReader: () => ({ read, cancel, releaseLock: () => {} }) };
      const mock = {
        status: 200,
        statusText: '',
        headers: new Headers(),
        bodyUsed: false,
        body,
      } as unknown as Response;

      await bufferBody()(async () => mock)(URL);
      await expect
        .poll(() => {
          gc();
          return cancel.mock.calls.length;
        })
        .toBe(1);
      await collect();
      process.off('uncaughtException', uncaught);

      expect(uncaught).not.toHaveBeenCalled();
    },
  );

  it.each<[string, (response: Response) => () => Promise<string>]>([
    [
      'a clone',
      (response) =>
        (
          (copy) => () =>
            copy.text()
        )(response.clone()),
    ],
    [
      'the body',
      ({ body }) =>
        () =>
          new Response(body).text(),
    ],
  ])('can be read while no more than %s is left of its response', async (_name, take) => {
    const { send, cancel } = connection();
    const read = take(await send());
    await collect();

    expect(cancel).not.toHaveBeenCalled();
    expect(await read()).toBe('one,two,three,four');
  });
});
