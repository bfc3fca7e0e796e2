import type { RetryHooks } from '@steadfetch/retry';
import { describe, expectTypeOf, it } from 'vitest';
import { countRetries, logRetries, type RetryObserver, retryMonitor } from '../src/index.ts';

describe('types', () => {
  it('everything here fits the hooks option of retry', () => {
    expectTypeOf<RetryObserver>().toExtend<RetryHooks>();
    expectTypeOf(logRetries(console)).toExtend<RetryHooks>();
    expectTypeOf(countRetries(() => {})).toExtend<RetryHooks>();
    expectTypeOf(retryMonitor({ onExcessive: () => {} })).toExtend<RetryHooks>();
  });

  it('the events of retry have what is looked at here', () => {
    type EventOf<Hook extends keyof RetryHooks> = Parameters<NonNullable<RetryHooks[Hook]>>[0];
    expectTypeOf<EventOf<'onRetry'>>().toExtend<Parameters<RetryObserver['onRetry']>[0]>();
    expectTypeOf<EventOf<'onGiveUp'>>().toExtend<Parameters<RetryObserver['onGiveUp']>[0]>();
    expectTypeOf<EventOf<'onRecover'>>().toExtend<Parameters<RetryObserver['onRecover']>[0]>();
  });
});
