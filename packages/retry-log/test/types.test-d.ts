import type { Listener } from '@steadfetch/core';
import { describe, expectTypeOf, it } from 'vitest';
import { countRetries, logRetries, retryMonitor } from '../src/index.ts';

describe('types', () => {
  it('everything here is a listener for observe', () => {
    expectTypeOf(logRetries(console)).toExtend<Listener>();
    expectTypeOf(countRetries(() => {})).toExtend<Listener>();
    expectTypeOf(retryMonitor({ onExcessive: () => {} })).toExtend<Listener>();
  });
});
