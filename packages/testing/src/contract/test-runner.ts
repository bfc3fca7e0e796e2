type Describe = (name: string, body: () => void) => unknown;

/** The two functions of a test runner that the contract needs, as in vitest, node:test, jest and bun. */
export interface TestRunner {
  describe: Describe & {
    /** Vitest up to version 4: runs the tests one after another, even if the project runs tests concurrently. */
    readonly sequential?: Describe;
    /** Only vitest has it. Since vitest 5, `{ concurrent: false }` replaces `sequential`. */
    readonly runIf?: unknown;
  };
  it(name: string, test: () => Promise<void>): unknown;
}

/** The function of a test runner that runs something before each test. */
export interface HookRunner {
  beforeEach(hook: () => Promise<void>): unknown;
}

type Runner = TestRunner & HookRunner;

/** Imports a test runner, or returns `null` if it is not installed. Bundlers do not follow the import. */
export async function loadRunner(name: string): Promise<Runner | null> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ name).catch(() => null);
}

/** Vitest sets the environment variable. It is imported here, because `middlewareContract` must register tests synchronously. */
const vitest: Runner | null = globalThis.process?.env?.VITEST ? await loadRunner('vitest') : null;

/** A `describe` that runs its tests one after another. */
export function inTurn({ describe }: TestRunner): Describe {
  if (describe.sequential || !describe.runIf) return describe.sequential ?? describe;
  const withOptions = describe as (name: string, options: object, body: () => void) => unknown;
  return (name, body) => withOptions(name, { concurrent: false }, body);
}

/** Returns vitest if it runs, or else a runner with global functions. */
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
