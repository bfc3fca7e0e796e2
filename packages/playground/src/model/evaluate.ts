import type { Fetch } from '@steadfetch/core';
import type { MakeClient } from './recorder.ts';
import { NAMES, scopeOf } from './scope.ts';

/** An error in the code of the visitor, with its line. */
export class CodeError extends Error {
  override readonly name = 'CodeError';
  /** The line in the code, from 1; `undefined` if the platform does not report it. */
  readonly line: number | undefined;

  constructor(message: string, line: number | undefined) {
    super(message);
    this.line = line;
  }
}

type Run = (...values: unknown[]) => unknown;

const FILE = 'stack.js';

/**
 * Makes a client from code: an expression that is a middleware, or statements that return one. The code can use all names that the
 * packages export. It runs once for each process, so that each process has its own state.
 *
 * @param onDescribe gets the description of the stack, if it has one
 * @throws {CodeError}
 */
export function evaluate(code: string, onDescribe: (said: string) => void = () => {}): MakeClient {
  const run = compile(code);
  return (fetch, parts) => {
    const scope = scopeOf(parts);
    const middleware = guarded(() => run(...NAMES.map((name) => scope[name])));
    if (typeof middleware !== 'function') {
      throw new CodeError(
        `the stack must be a middleware, such as compose(retry()); got ${shown(middleware)}`,
        undefined,
      );
    }
    const { describe } = middleware as { describe?: unknown };
    if (typeof describe === 'function') onDescribe(String(guarded(() => describe.call(middleware))));
    const client = guarded(() => (middleware as (next: Fetch) => unknown)(fetch));
    if (typeof client !== 'function') {
      if (client instanceof Promise) client.catch(() => {});
      throw new CodeError('the stack must be a middleware: leave out the (fetch) at its end', undefined);
    }
    return client as Fetch;
  };
}

function compile(code: string): Run {
  const body = code.replace(/[;\s]+$/, '');
  if (body.trim() === '') throw new CodeError('there is no stack: compose() is one without layers', 1);
  try {
    return functionOf(`return (\n${body}\n)`);
  } catch (asExpression) {
    if (!/\breturn\b/.test(body)) throw syntaxError(asExpression, HOW);
    try {
      return functionOf(`\n${body}`);
    } catch (asStatements) {
      throw syntaxError(asStatements);
    }
  }
}

/** Globals that the code must not use, since time is virtual. */
const HIDDEN = ['globalThis', 'self', 'setTimeout', 'clearTimeout', 'setImmediate', 'MessageChannel'];

function functionOf(body: string): Run {
  return new Function(...NAMES, ...HIDDEN, `"use strict";${body}\n//# sourceURL=${FILE}`) as Run;
}

/** Part of the error message, for visitors who paste a program of a README. */
const HOW = '; expected a middleware, such as compose(retry()), or statements that return one, without imports';

function syntaxError(error: unknown, more = ''): CodeError {
  return new CodeError((error as Error).message + more, undefined);
}

function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new CodeError(error instanceof Error ? error.message : shown(error), lineOf(error));
  }
}

/** Lines that the platform and `functionOf` put before the code. */
const BEFORE = 3;

/** The innermost line of the code in a stack trace. */
function lineOf(error: unknown): number | undefined {
  const found = String((error as Error | undefined)?.stack).match(/stack\.js:(\d+):\d+/);
  return found ? Math.max(1, Number(found[1]) - BEFORE) : undefined;
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
