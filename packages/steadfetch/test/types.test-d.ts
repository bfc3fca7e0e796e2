import { expectTypeOf, it } from 'vitest';
import {
  type BodyInit,
  bodyFactory,
  breaker,
  type CircuitPermit,
  type CircuitRule,
  consecutive,
  standard,
} from '../src/index.ts';

// A declaration of a package that depends on `steadfetch` alone can name no type that is not exported here.
it('what functions give has a name here', () => {
  expectTypeOf(bodyFactory(() => 'body')).toEqualTypeOf<BodyInit>();
  expectTypeOf(consecutive(4)).toEqualTypeOf<CircuitRule>();
  expectTypeOf(breaker().acquire('key')).toEqualTypeOf<CircuitPermit | undefined>();
});

it('the state of each layer can be read without a cast', () => {
  const { retryBudget, rateLimit, circuitBreaker, concurrency } = standard().snapshot();
  expectTypeOf(retryBudget?.['key']?.left).toEqualTypeOf<number | undefined>();
  expectTypeOf(rateLimit?.[0]?.waiting).toEqualTypeOf<number | undefined>();
  expectTypeOf(circuitBreaker?.['key']?.state).toEqualTypeOf<'closed' | 'open' | 'half-open' | undefined>();
  expectTypeOf(concurrency?.queued).toEqualTypeOf<number | undefined>();
});
