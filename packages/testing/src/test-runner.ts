/** The two functions of a test runner that the contract needs: those of vitest, node:test, jest, bun. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, test: () => Promise<void>): unknown;
}

/** A name that bundlers do not follow: vitest is there when tests run, and only then. */
const VITEST: string = 'vitest';
const vitest: TestRunner | null = globalThis.process?.env?.VITEST
  ? await import(/* @vite-ignore */ /* webpackIgnore: true */ VITEST).catch(() => null)
  : null;

/** Vitest where it runs, else a runner whose functions are global. */
export function testRunner(loaded: TestRunner | null = vitest, globals: object = globalThis): TestRunner {
  if (loaded) return loaded;
  const { describe, it } = globals as Partial<TestRunner>;
  if (describe && it) return { describe, it };
  throw new Error('middlewareContract: no test runner found: pass { runner: { describe, it } }');
}
