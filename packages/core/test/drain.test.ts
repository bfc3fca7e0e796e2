import { classifyError, compose, DrainError, defineMiddleware, drain, type Fetch, onAbort } from '@steadfetch/core';
import { cancellable } from '@steadfetch/core/kit';
import { fakeFetch, manualClock } from '@steadfetch/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const URL = 'https://api.test/x';
const error = (call: Promise<unknown>) => call.catch((thrown: unknown) => thrown);

describe('drain', () => {
  it('resolves at once if no call is open, also twice', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    draining(fakeFetch(200));

    expect(await draining.close()).toEqual({ finished: 0, ended: 0 });
    expect(await draining.close({ deadline: 0 })).toEqual({ finished: 0, ended: 0 });
    expect(clock.pending).toBe(0);
  });

  it('has one deadline per close(), and the earliest counts', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const call = error(draining(() => clock.sleep(60_000).then(() => new Response()))(URL));
    const first = draining.close({ deadline: 30_000 });
    await clock.advance(1_000);

    const second = draining.close({ deadline: 0 });
    await clock.advance(0);

    expect(await second).toEqual({ finished: 0, ended: 1 });
    expect(await first).toEqual({ finished: 0, ended: 1 });
    expect(await call).toBeInstanceOf(DrainError);
    await clock.runAll();
  });

  it('drains all stacks that share it', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const slow = (ms: number): Fetch => draining(() => clock.sleep(ms).then(() => new Response()));
    const calls = [slow(1_000)(URL), slow(2_000)(URL)];

    const closed = draining.close();
    await clock.advance(1_000);
    await calls[0];
    await clock.advance(1_000);

    expect(await closed).toEqual({ finished: 2, ended: 0 });
    expect(clock.pending).toBe(0);
  });

  it('counts a call once if it is in one stack twice', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const stack = compose(draining, draining)(() => clock.sleep(10).then(() => new Response()));
    const call = stack(URL);

    const closed = draining.close();
    await clock.advance(10);

    expect([(await call).status, await closed]).toEqual([200, { finished: 1, ended: 0 }]);
  });

  it('rejects a limited number of calls per turn of the event loop, so that a caller that retries at once does not block it', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const call = error(draining(() => new Promise(() => {}))(URL));
    let isOver = false;
    const again = draining(fakeFetch(200));
    const closed = draining.close({ deadline: 5 });
    const loop = (async () => {
      while (!isOver) await error(again(URL));
    })();

    await clock.advance(5);
    expect(await closed).toEqual({ finished: 0, ended: 1 });
    isOver = true;
    await clock.advance(5);
    await Promise.all([loop, call]);
  });

  it('ends open calls at once if the clock cannot sleep', async () => {
    const sleep = () => {
      throw new Error('no timer');
    };
    const draining = drain({ clock: { now: () => 0, sleep } });
    const call = error(draining(() => new Promise(() => {}))(URL));

    expect(await draining.close()).toEqual({ finished: 0, ended: 1 });
    expect(await call).toBeInstanceOf(DrainError);
  });

  it('ends a wait, also if an inner loop that a timeout ended reports its give-up later', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const waiting = defineMiddleware((call) => {
      const own = cancellable(call.signal);
      call.observed?.emit(call, { type: 'queue', key: 'x', active: 1, action: 'wait', queued: 1, cancel: own.cancel });
      const outcome = { failed: true, error: 'late', response: undefined } as const;
      call.observed?.emit(call, {
        type: 'give-up',
        reason: 'aborted',
        attempt: 2,
        cause: 'Error',
        outcome,
        error: 'late',
      });
      return new Promise((_, reject) => void onAbort(own.signal, reject));
    });
    const call = error(compose(draining, waiting)(fakeFetch(200))(URL));
    await clock.advance(0);

    expect(await draining.close({ deadline: 0 })).toEqual({ finished: 0, ended: 1 });
    expect(String(await call)).toMatch(/the call waited when its client was closed/);
  });

  it('ends the call at the deadline if its wait cannot be ended, like that of another request in Workers', async () => {
    const abort = vi.spyOn(AbortController.prototype, 'abort').mockImplementation(() => {
      throw new Error('Cannot perform I/O on behalf of a different request.');
    });
    onTestFinished(() => void abort.mockRestore());
    const clock = manualClock();
    const draining = drain({ clock });
    const waiting = defineMiddleware((call) => {
      const own = cancellable(call.signal);
      call.observed?.emit(call, { type: 'queue', key: 'x', active: 1, action: 'wait', queued: 1, cancel: own.cancel });
      return new Promise(() => {});
    });
    const call = error(compose(draining, waiting)(fakeFetch(200))(URL));
    await clock.advance(0);

    const closed = draining.close({ deadline: 1_000 });
    await clock.advance(1_000);

    expect(await closed).toEqual({ finished: 0, ended: 1 });
    expect(await call).toBeInstanceOf(DrainError);
  });

  it('passes on an error whose members cannot be read', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const draining = drain();

    const thrown = await draining(() => Promise.reject(proxy))(URL).catch((thrown) => [thrown]);

    expect(Object.is((thrown as unknown[])[0], proxy)).toBe(true);
    expect(await draining.close()).toEqual({ finished: 0, ended: 0 });
  });

  it('discards an answer that comes after the deadline', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const response = new Response('late');
    const call = error(draining(() => clock.sleep(500).then(() => response))(URL));
    const closed = draining.close({ deadline: 100 });
    await clock.advance(100);
    await closed;

    await clock.advance(400);

    expect(await call).toBeInstanceOf(DrainError);
    expect(response.body!.locked).toBe(true);
  });

  it('ignores an error that comes after the deadline', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const fail = () => clock.sleep(500).then(() => Promise.reject(new TypeError('fetch failed')));
    const call = error(draining(fail)(URL));
    const closed = draining.close({ deadline: 100 });
    await clock.advance(100);

    expect(await closed).toEqual({ finished: 0, ended: 1 });
    await clock.advance(400);
    expect(await call).toMatchObject({ name: 'DrainError' });
  });

  it('ends a call whose layer throws, or returns no promise', async () => {
    const clock = manualClock();
    const draining = drain({ clock });
    const broken = defineMiddleware(() => {
      throw new Error('mine');
    });
    const sync = (() => new Response('now')) as unknown as Fetch;

    expect(await error(compose(draining, broken)(fakeFetch(200))(URL))).toMatchObject({ message: 'mine' });
    expect(await (await draining(sync)(URL)).text()).toBe('now');
    expect(await draining.close()).toEqual({ finished: 0, ended: 0 });
  });

  it('leaves the remaining time alone until it is closed', async () => {
    const draining = drain();
    const seen: number[] = [];
    const look = defineMiddleware(async (call, next) => {
      seen.push(call.remaining());
      const response = await next(call);
      void draining.close();
      seen.push(call.remaining());
      return response;
    });

    await compose(draining, look)(fakeFetch(200))(URL);

    expect(seen).toEqual([Infinity, 0]);
  });

  it.each([
    [() => drain({ clok: {} } as never), /^drain: unknown option 'clok'/],
    [() => drain({ clock: {} as never }), /^drain: clock/],
  ])('refuses bad options: %s', (make, message) => {
    expect(make).toThrow(message);
  });

  it.each([
    [{ deadline: -1 }, RangeError, /^drain: close: deadline: .*got -1/],
    [{ deadline: Infinity }, RangeError, /deadline/],
    [{ within: 5 }, TypeError, /unknown option 'within'/],
  ])('refuses to be closed with %o, and stays open', async (options, kind, message) => {
    const draining = drain();

    const thrown = await error(draining.close(options as never));

    expect(thrown).toBeInstanceOf(kind);
    expect((thrown as Error).message).toMatch(message);
    expect((await draining(fakeFetch(200))(URL)).status).toBe(200);
  });
});

it('rejects with an error whose members cannot be read, and keeps no call open', async () => {
  const odd = {
    local: true,
    get reason(): never {
      throw new Error('not yours');
    },
  };
  const draining = drain();

  const thrown = await error(draining(() => Promise.reject(odd))(URL));

  expect(thrown).toBe(odd);
  expect(await draining.close()).toEqual({ finished: 0, ended: 0 });
});

describe('DrainError', () => {
  const answer = { status: 503, headers: new Headers({ 'set-cookie': 'secret' }) };

  it('has the last answer, which is not shown when it is printed', () => {
    const drained = new DrainError('closed', answer);

    expect(drained).toMatchObject({
      status: 503,
      lastAnswer: answer,
      message: 'drain: closed; the last answer was 503',
    });
    expect(Object.keys(drained)).not.toContain('lastAnswer');
  });

  it('is no network error, so that it is not retried', () => {
    expect(classifyError(new DrainError('closed'))).toMatchObject({ kind: 'bug', permanent: true });
  });
});
