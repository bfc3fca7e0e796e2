import { QueryClient, QueryObserver, type QueryObserverOptions } from '@tanstack/query-core';
import { describe, expectTypeOf, it } from 'vitest';
import { type QueryRetry, queryRetry } from '../src/index.ts';

const queryKey = ['user'];
const queryFn = async () => ({ id: 1 });

describe('types', () => {
  it('a query with the options has the same error type as without them', () => {
    const observer = new QueryObserver(new QueryClient(), { queryKey, queryFn, ...queryRetry() });
    expectTypeOf(observer.getCurrentResult().error).toEqualTypeOf<Error | null>();
    expectTypeOf(observer.getCurrentResult().data).toEqualTypeOf<{ id: number } | undefined>();
  });

  it('the options fit a query with any error', () => {
    expectTypeOf<QueryRetry>().toExtend<
      Pick<QueryObserverOptions<unknown, { code: string }>, 'retry' | 'retryDelay'>
    >();
    expectTypeOf<QueryRetry>().toExtend<Pick<QueryObserverOptions<unknown, unknown>, 'retry' | 'retryDelay'>>();
  });

  it('they can be called', () => {
    const { retry, retryDelay } = queryRetry();
    expectTypeOf(retry(1, new Error('x'))).toEqualTypeOf<boolean>();
    expectTypeOf(retryDelay(1, undefined)).toEqualTypeOf<number>();
  });
});
