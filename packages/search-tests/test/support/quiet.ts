import { afterAll, beforeAll, vi } from 'vitest';

/** Keeps warnings about stacks in a wrong order out of the output of the tests. */
export function quiet(): void {
  beforeAll(() => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterAll(() => {
    vi.mocked(console.warn).mockRestore();
  });
}
