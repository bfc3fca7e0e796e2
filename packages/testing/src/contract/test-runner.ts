type Describe = (name: string, body: () => void) => unknown;

/** The two functions of a test runner that the contract needs: those of vitest, node:test, jest, bun. */
export interface TestRunner {
  describe: Describe & {
    /** Up to vitest 4: runs the tests one after the other, where a project runs them at once. */
    readonly sequential?: Describe;
    /** Vitest's alone. From vitest 5 on `{ concurrent: false }` does what `sequential` did. */
    readonly runIf?: unknown;
  };
  it(name: string, test: () => Promise<void>): unknown;
}

/** The function of a test runner that runs something before each test. */
export interface HookRunner {
  beforeEach(hook: () => Promise<void>): unknown;
}

type Runner = TestRunner & HookRunner;

/** The runner in a package that may be missing. By a name that bundlers do not follow. */
export async function loadRunner(name: string): Promise<Runner | null> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ name).catch(() => null);
}

/** Vitest says so where it runs; its functions are needed at once, so that it cannot be loaded later. */
const vitest: Runner | null = globalThis.process?.env?.VITEST ? await loadRunner('vitest') : null;

/** The `describe` that runs its tests one after the other. */
export function inTurn({ describe }: TestRunner): Describe {
  if (describe.sequential || !describe.runIf) return describe.sequential ?? describe;
  const withOptions = describe as (name: string, options: object, body: () => void) => unknown;
  return (name, body) => withOptions(name, { concurrent: false }, body);
}

/** Vitest where it runs, else a runner whose functions are global. */
export function testRunner(loaded: TestRunner | null = vitest, globals: object = globalThis): TestRunner {
  if (loaded) return loaded;
  const { describe, it } = globals as Partial<TestRunner>;
  if (describe && it) return { describe, it };
  throw new Error('middlewareContract: no test runner found: pass { runner: { describe, it } }');
}

export function hookRunner(loaded: HookRunner | null = vitest, globals: object = globalThis): HookRunner {
  if (loaded) return loaded;
  const { beforeEach } = globals as Partial<HookRunner>;
  if (beforeEach) return { beforeEach };
  throw new Error('freshEach: no test runner found: pass { beforeEach } last');
}
