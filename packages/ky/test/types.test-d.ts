import { retry as retryMiddleware } from '@steadfetch/retry';
import ky, { type Hooks, type InitHook, type KyInstance, type Options } from 'ky';
import { describe, expectTypeOf, it } from 'vitest';
import { retry, use } from '../src/index.ts';

describe('types', () => {
  it('retry() is hooks of ky, and use() its options', () => {
    expectTypeOf(retry()).toExtend<Hooks>();
    expectTypeOf(retry().init).toEqualTypeOf<InitHook[]>();
    expectTypeOf(use(retryMiddleware())).toEqualTypeOf<Options>();
    expectTypeOf(ky.extend({ ...use(), hooks: retry() })).toEqualTypeOf<KyInstance>();
  });

  it('options of one call are typed, ours and those of ky', () => {
    void ky.get('/', { retry: 0 });
    void ky.get('/', { retry: { limit: 3, statusCodes: [503] } });
    void ky.get('/', { steadfetch: { retry: false } });
    void ky.get('/', { steadfetch: { retry: { maxDelay: 5_000, maxRetries: 3 } } });
    // @ts-expect-error a misspelt option
    void ky.get('/', { steadfetch: { retry: { maxRetry: 3 } } });
    // @ts-expect-error a wrong type
    void ky.get('/', { steadfetch: { retry: 3 } });
    // @ts-expect-error an option of ours where ky has its own
    void ky.get('/', { retry: { maxDelay: 5_000 } });
  });

  it('options of retry() are typed', () => {
    // @ts-expect-error a misspelt option
    retry({ maxRetry: 3 });
    // @ts-expect-error no middleware
    use(42);
  });
});
