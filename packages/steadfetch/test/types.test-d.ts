import { expectTypeOf, it } from 'vitest';
import {
  type BodyInit,
  bodyFactory,
  breaker,
  type CircuitPermit,
  type CircuitRule,
  consecutive,
} from '../src/index.ts';

// A declaration of a package that depends on `steadfetch` alone can name no type that is not exported here.
it('what functions give has a name here', () => {
  expectTypeOf(bodyFactory(() => 'body')).toEqualTypeOf<BodyInit>();
  expectTypeOf(consecutive(4)).toEqualTypeOf<CircuitRule>();
  expectTypeOf(breaker().acquire('key')).toEqualTypeOf<CircuitPermit | undefined>();
});
