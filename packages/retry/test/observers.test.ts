import { runInNewContext } from 'node:vm';
import type { Call, CallRecord, Fetch } from '@steadfetch/core';
import { defineMiddleware } from '@steadfetch/core';
import { instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { historyOf, type RetryEventBase, retry } from '../src/index.ts';
import { API, scripted } from './support.ts';

const quick = () => ({ clock: instantClock(), random: () => 0, budget: false as const });

function scrub({ outcome }: RetryEventBase): void {
  for (const name of ['response', 'error', 'failed']) {
    try {
      Reflect.deleteProperty(outcome, name);
      Reflect.set(outcome, name, 'scrubbed');
    } catch {}
  }
}

describe('observers', () => {
  it('cannot change the outcome, nor the event that the next observer gets', async () => {
    const seen: unknown[] = [];
    const tidy = { onRetry: scrub, onGiveUp: scrub, onRecover: scrub };
    const last = { onGiveUp: ({ outcome }: RetryEventBase) => seen.push(outcome.response?.status) };

    const response = await retry({ ...quick(), hooks: [tidy, last] })(scripted(503).fetch)(API);

    expect([response.status, ...seen]).toEqual([503, 503]);
  });

  it('cannot change the outcome from a condition', async () => {
    const shouldRetry = (failure: object) => {
      scrub(failure as RetryEventBase);
      Reflect.deleteProperty(failure, 'response');
      return undefined;
    };

    expect((await retry({ ...quick(), shouldRetry })(scripted(503, 200).fetch)(API)).status).toBe(200);
  });

  it('cannot change the history', async () => {
    const response = await retry(quick())(scripted(503).fetch)(API);

    Object.assign(historyOf(response)![0]!, { status: 200 });

    expect(historyOf(response)![0]!.status).toBe(503);
  });

  it('may have getters that throw', async () => {
    let armed = false;
    const hooks = {
      get onRetry() {
        if (armed) throw new Error('from a getter');
        return () => {};
      },
    };
    const steady = retry({ ...quick(), hooks })(scripted(503, 200).fetch);
    armed = true;

    expect((await steady(API)).status).toBe(200);
  });
});

it('get the name of the error, and never its message', async () => {
  const secret = 'failed: https://u:s3cr3t@x/';
  const foreign = runInNewContext('new TypeError(text)', { text: secret });
  const odd = Object.assign(new Error('x'), { name: secret });
  for (const [thrown, cause] of [
    [secret, 'string'],
    [foreign, 'TypeError'],
    [odd, 'object'],
    [undefined, 'undefined'],
  ]) {
    const onRetry = vi.fn();
    const call = retry({ clock: instantClock(), shouldRetry: () => true, hooks: { onRetry } })(() =>
      Promise.reject(thrown),
    );
    await call(API).catch(() => {});
    expect(onRetry.mock.calls.map(([event]) => event.cause)).toEqual([cause, cause]);
  }
});

describe('the history', () => {
  const hanging = (): Fetch => {
    let sends = 0;
    return async (_input, init) => {
      if (++sends === 1) return new Response(null, { status: 503 });
      return new Promise((_, reject) => init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)));
    };
  };

  it('is kept for the reason by which the caller ended the call, with the attempt in flight', async () => {
    const ending = new AbortController();
    const reason = new Error('the user left');
    const call = retry(quick())(hanging())(API, { method: 'DELETE', signal: ending.signal });
    await vi.waitFor(() => Promise.resolve());
    setTimeout(() => ending.abort(reason), 5);

    await expect(call).rejects.toBe(reason);
    expect(historyOf(reason)).toMatchObject([{ status: 503 }, { attempt: 2, error: reason }]);
  });

  it('can be read if the call ends during a wait', async () => {
    const clock = manualClock();
    const ending = new AbortController();
    const call = retry({ clock, budget: false, delay: () => 100 })(scripted(503).fetch)(API, { signal: ending.signal });
    await clock.advance(10);
    const reason = new Error('the user left');
    ending.abort(reason);

    await expect(call).rejects.toBe(reason);
    expect(historyOf(reason)).toMatchObject([{ attempt: 1, status: 503, delay: 100 }]);
  });

  it('can be read from the error that a condition throws', async () => {
    const error = new Error('from a condition');
    const answers = [true];
    const shouldRetry = () => {
      if (answers.pop()) return true;
      throw error;
    };

    await expect(retry({ ...quick(), shouldRetry })(scripted(503).fetch)(API)).rejects.toBe(error);
    expect(historyOf(error)?.map(({ status }) => status)).toEqual([503, 503]);
  });

  it('can be read by another copy of this package', async () => {
    const response = await retry(quick())(scripted(503, 404).fetch)(API, { method: 'DELETE' });
    vi.resetModules();
    const other = await import('../src/index.ts');

    expect(other.historyOf).not.toBe(historyOf);
    expect(other.historyOf(response)).toHaveLength(2);
  });
});

describe('the record of a call', () => {
  it('shows what the call was waiting for, and the last answer of the server', async () => {
    const clock = manualClock();
    let record: CallRecord | undefined;
    const note = defineMiddleware((call: Call, next) => {
      record = call.record;
      return next(call);
    });
    const { fetch } = scripted({ status: 503, headers: { 'retry-after': '2' } }, 200);

    const call = note(retry({ clock, budget: false, random: () => 0 })(fetch))(API);
    await clock.advance(1_000);

    expect(record).toMatchObject({
      waitingFor: 'the delay before a retry',
      lastAnswer: { status: 503, retryAfter: 2_000 },
    });
    expect(record!.lastAnswer!.headers.get('retry-after')).toBe('2');
    await clock.advance(2_000);
    await call;
    expect(record!.waitingFor).toBeUndefined();
  });
});
