import { type Call, checkFunction, checkMethods } from '@steadfetch/core';
import type { Rule } from './rule.ts';

/** Declares that sending a request twice does no harm, whatever its method: for all calls, or for those that the predicate picks. */
export function evenIfNotIdempotent(predicate: (call: Call) => boolean = () => true): Rule {
  checkFunction('evenIfNotIdempotent', predicate);
  return { harmless: (call) => predicate(call) };
}

/** Repeats these methods, in place of the idempotent ones. */
export function onlyMethods(...methods: string[]): Rule {
  return { methods: checkMethods('onlyMethods', methods) };
}
