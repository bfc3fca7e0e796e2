import { instantClock } from '@steadfetch/testing';
import pRetry from 'p-retry';
import { describe, expect, it, vi } from 'vitest';
import { historyOf, pRetryOptions } from '../src/index.ts';
import { networkError, recordingHooks } from './support.ts';

class HttpError extends Error {
  readonly response: Response;
  constructor(status: number, headers: Record<string, string> = {}) {
    super(`HTTP ${status}`);
    this.response = new Response('sorry', { status, headers });
  }
}

const quick = () => ({ clock: instantClock(), random: () => 0 });

function failing(...errors: Error[]) {
  return vi.fn(async () => {
    const error = errors.shift();
    if (error) throw error;
    return 'done';
  });
}

describe('pRetryOptions', () => {
  it('repeats an operation by the same rules and with the same delays', async () => {
    const options = { ...quick(), hooks: recordingHooks() };
    const operation = failing(new HttpError(429, { 'retry-after': '3' }), networkError());

    await expect(pRetry(operation, pRetryOptions(options))).resolves.toBe('done');

    expect(operation).toHaveBeenCalledTimes(3);
    expect(options.clock.sleeps[0]).toBe(3_000);
    expect(options.hooks.onRetry).toHaveBeenCalledTimes(2);
  });

  it('ends with the last error itself, and its history', async () => {
    const last = networkError();
    const operation = failing(networkError(), networkError(), last);

    await expect(pRetry(operation, pRetryOptions(quick()))).rejects.toBe(last);

    expect(historyOf(last)).toHaveLength(3);
  });

  it('keeps the history for the error that the caller gets, also one around a response', async () => {
    const last = new HttpError(503);
    const operation = failing(new HttpError(503), new HttpError(503), last);

    await expect(pRetry(operation, pRetryOptions(quick()))).rejects.toBe(last);

    expect(historyOf(last)).toHaveLength(3);
  });

  it('does not judge an error by a good response that it carries', async () => {
    const invalid = Object.assign(new Error('invalid'), { response: new Response('{}') });
    const operation = failing(invalid);

    await pRetry(operation, pRetryOptions({ ...quick(), shouldRetry: () => true }));

    expect(operation).toHaveBeenCalledTimes(2);
  });

  it('does not repeat what will not change, nor what the method forbids', async () => {
    const notFound = failing(new HttpError(404));
    const posting = failing(new HttpError(503));

    await expect(pRetry(notFound, pRetryOptions(quick()))).rejects.toThrow('HTTP 404');
    await expect(pRetry(posting, pRetryOptions(quick(), { method: 'POST' }))).rejects.toThrow('HTTP 503');

    expect([notFound, posting].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('stops when the signal aborts', async () => {
    const controller = new AbortController();
    const operation = vi.fn(async () => {
      controller.abort('stop');
      throw networkError();
    });

    await expect(pRetry(operation, pRetryOptions(quick(), { signal: controller.signal }))).rejects.toBe('stop');
    expect(operation).toHaveBeenCalledTimes(1);
  });
});
