import { compose, defineMiddleware, drain } from '@steadfetch/core';
import { addAttempt } from '@steadfetch/core/kit';
import { instantClock, manualClock } from '@steadfetch/testing';
import { describe, expect, it } from 'vitest';
import { historyOf, retry } from '../src/index.ts';
import { API, recordingHooks, scripted } from './support.ts';

const quick = () => ({ clock: instantClock(), random: () => 0, budget: false as const });

/** A layer inside that sends a refused call again, once, as a rate limit does. */
const resending = defineMiddleware(async (call, next) => {
  const first = await next(call);
  if (first.status !== 429) return first;
  const { record } = call;
  addAttempt(record, { attempt: call.attempt + record.resends, status: 429, at: 0 });
  record.resends++;
  record.maxRepeats = Math.max(record.maxRepeats, 1);
  return next(call);
});

describe('a call that a layer inside has sent again', () => {
  it('has that attempt in its history, and is no recovery of the retry', async () => {
    const hooks = recordingHooks();

    const response = await compose(retry({ ...quick(), hooks }), resending)(scripted(429, 200).fetch)(API);

    expect(historyOf(response)).toMatchObject([
      { attempt: 1, status: 429 },
      { attempt: 2, status: 200 },
    ]);
    expect(hooks.onRecover).not.toHaveBeenCalled();
  });

  it('uses up the retries with it: one count for all layers', async () => {
    const hooks = recordingHooks();
    const { fetch, requests } = scripted(429, 503, 503);

    await compose(retry({ ...quick(), hooks, maxRetries: 1, shouldRetry: () => true }), resending)(fetch)(API);

    expect(requests).toHaveLength(2);
    expect(hooks.onGiveUp.mock.calls.map(([{ reason, attempt }]) => [reason, attempt])).toEqual([['limit', 2]]);
  });
});

it('a call is held no longer than to its deadline if the budget refuses its retry', async () => {
  const clock = instantClock();
  const until = clock.now() + 100;
  const within = defineMiddleware((call, next) => next(call.with({ remaining: () => until - clock.now() })));
  const budget = { acquire: () => undefined, record: () => {} };

  await compose(within, retry({ clock, budget, delay: () => 60 }))(scripted(503).fetch)(API);

  expect(clock.sleeps).toEqual([60]);
});

it.each([1, 2])('a call that is held after %s attempts ends at once when its client is closed', async (attempts) => {
  const clock = manualClock();
  const draining = drain({ clock });
  let left = attempts;
  const budget = { acquire: () => (--left > 0 ? { release: () => {} } : undefined), record: () => {} };
  const { fetch } = scripted(503);
  const call = compose(draining, retry({ clock, budget, delay: () => 1_000 }))(fetch)(API).catch((thrown) => thrown);
  await clock.advance(1_000 * (attempts - 1));

  const closed = draining.close();
  await clock.advance(0);

  expect(await call).toMatchObject({ name: 'DrainError', status: 503 });
  expect(await closed).toEqual({ finished: 0, ended: 1 });
  expect(clock.pending).toBe(0);
});

it('the error of a wait that drain() ends says how long the server asked to wait', async () => {
  const clock = manualClock();
  const draining = drain({ clock });
  const { fetch } = scripted({ status: 503, headers: { 'retry-after': '7' } });
  const call = compose(draining, retry({ clock }))(fetch)(API).catch((thrown) => thrown);
  await clock.advance(1_000);

  await draining.close();

  expect((await call).lastAnswer).toMatchObject({ status: 503, retryAfter: 7_000 });
});

it('an abort during a wait is no failure of any kind', async () => {
  const clock = manualClock();
  const controller = new AbortController();
  const options = { clock, budget: false as const, maxRetries: 5, delay: () => 50 };
  const call = retry(options)(scripted(503).fetch)(API, { signal: controller.signal });
  await clock.advance(10);

  controller.abort('stop');

  await expect(call).rejects.toBe('stop');
});

it('a condition gets the key of the call', async () => {
  const keys: unknown[] = [];
  const shouldRetry = ({ idempotencyKey }: { idempotencyKey?: string }) => {
    keys.push(idempotencyKey);
    return undefined;
  };
  const init = { method: 'POST', headers: { 'idempotency-key': 'k1' } };

  await retry({ ...quick(), shouldRetry, maxRetries: 1 })(scripted(503, 200).fetch)(API, init);

  expect(keys).toEqual(['k1']);
});
