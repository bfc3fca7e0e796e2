import { fakeFetch } from '@steadfetch/testing';
import { afterEach, beforeEach, vi } from 'vitest';

type Retry = typeof import('../src/index.ts')['retry'];

/** A server that answers 503. */
export const down = () => fakeFetch(() => 503);

let fresh: Retry;

/** `retry` of a module that is loaded anew for each test: no budget has warned, or knows how long attempts take. See `loadAnew`. */
export const retry: Retry = (options) => fresh(options);

/** Loads `retry` anew for each test of the file. What it warns of is kept from the output: see `warnings`. */
export function loadAnew(): void {
  beforeEach(async () => {
    vi.resetModules();
    ({ retry: fresh } = await import('../src/index.ts'));
    vi.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterEach(() => vi.mocked(console.warn).mockRestore());
}

/** What was warned of in this test so far. */
export const warnings = (): string[] => vi.mocked(console.warn).mock.calls.map(([text]: unknown[]) => String(text));
