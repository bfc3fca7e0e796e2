import type { Middleware } from '@steadfetch/core';
import { checkFunction, checkNames } from '@steadfetch/core/kit';
import { checkValue } from '../options.ts';
import { contractChecks } from './contract-checks.ts';
import { inTurn, type TestRunner, testRunner } from './test-runner.ts';

/** The timeout of a check. Most runners allow five seconds, which is too short on a slow machine. */
const CHECK_TIMEOUT_MS = 60_000;

export interface ContractOptions {
  /** The name of the suite. @default 'the middleware contract' */
  name?: string;
  /** Names of checks that your middleware fails by design, e.g. `gives the response of next itself` if it buffers bodies. */
  except?: readonly string[];
  /** @default vitest, else global `describe` and `it` */
  runner?: TestRunner;
}

/**
 * Registers the tests that every middleware must pass: it passes on the call unchanged, returns the response or error of
 * next, and leaves nothing behind. Each test calls `make` for new middlewares.
 *
 * Without vitest or global test functions, pass `runner`, or run the `contractChecks` one by one.
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
  // runners without a timeout argument, such as Deno's, ignore it
  const limited: { it(name: string, test: () => Promise<void>, limit: number): unknown } = runner;
  // one after another, because some checks count timers or errors of the whole process
  inTurn(runner)(name, () => {
    for (const [title, check] of Object.entries(contractChecks)) {
      if (!except.includes(title)) limited.it(title, () => check(make), CHECK_TIMEOUT_MS);
    }
  });
}
