import { describe, expect, it, vi } from 'vitest';

const RECORD = [{ attempt: 1, at: 0, status: 503 }];

/** The module as another copy of the package has it. */
async function copy(): Promise<typeof import('../src/rules.ts')> {
  vi.resetModules();
  return import('../src/rules.ts');
}

describe('a history', () => {
  it('that one copy of the package keeps is known to another', async () => {
    const [mine, theirs] = [await copy(), await copy()];
    const response = new Response();

    theirs.history().afterRecovery!({ response, past: RECORD } as never);

    expect(mine.historyOf).not.toBe(theirs.historyOf);
    expect(mine.historyOf(response)).toEqual(RECORD);
  });
});
