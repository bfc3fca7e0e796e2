import type { Middleware } from '@steadfetch/core';
import { checkFunction, checkNames } from '@steadfetch/core/kit';
import { checkValue } from '../options.ts';
import { contractChecks } from './contract-checks.ts';
import { inTurn, type TestRunner, testRunner } from './test-runner.ts';

/** In milliseconds. A check ends by itself: this is for machines on which it takes longer than the five seconds of most runners. */
const MAX_TIME = 60_000;

export interface ContractOptions {
  /** How the suite is called. @default 'the middleware contract' */
  name?: string;
  /** Names of checks that do not hold by design, e.g. `gives the response of next itself` for one that buffers. */
  except?: readonly string[];
  /** @default vitest, else global `describe` and `it` */
  runner?: TestRunner;
}

/**
 * Registers the tests that every middleware passes, whatever it does: it hands on what it got, gives back what it was
 * given, and leaves nothing behind. `make` is called for each test, and each first answer is a 200.
 *
 * Without vitest or global test functions, pass `runner`; or run the `contractChecks` one by one.
 *
 * @example middlewareContract(() => retry({ clock: instantClock() }));
 */
export function middlewareContract(make: () => Middleware, options: ContractOptions = {}): void {
  checkFunction('middlewareContract: make', make);
  checkNames('middlewareContract', options, ['name', 'except', 'runner']);
  const { name = 'the middleware contract', except = [], runner = testRunner() } = options;
  checkValue('middlewareContract: name', name, 'a string', typeof name === 'string');
  checkValue('middlewareContract: except', except, 'an array of names of checks', Array.isArray(except));
  checkFunction('middlewareContract: runner.describe', runner?.describe);
  checkFunction('middlewareContract: runner.it', runner.it);
  for (const title of except) {
    if (!Object.hasOwn(contractChecks, title))
      throw new TypeError(`middlewareContract: except: no check is called '${title}'`);
  }
  // a runner that takes no limit, as that of Deno, ignores it
  const limited: { it(name: string, test: () => Promise<void>, limit: number): unknown } = runner;
  // some checks count what happens meanwhile, in the whole process
  inTurn(runner)(name, () => {
    for (const [title, check] of Object.entries(contractChecks)) {
      if (!except.includes(title)) limited.it(title, () => check(make), MAX_TIME);
    }
  });
}
