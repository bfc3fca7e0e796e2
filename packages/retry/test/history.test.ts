import { afterEach, describe, expect, it, vi } from 'vitest';

const RECORD = [{ attempt: 1, at: 0, status: 503 }];

/** The module as another copy of the package has it. */
async function copy(): Promise<typeof import('../src/history.ts')> {
  vi.resetModules();
  return import('../src/history.ts');
}

describe('a history', () => {
  afterEach(() => vi.restoreAllMocks());

  it('that one copy of the package keeps is known to another', async () => {
    const [mine, theirs] = [await copy(), await copy()];
    const response = new Response();

    theirs.remember(response, RECORD);

    expect(mine.historyOf).not.toBe(theirs.historyOf);
    expect(mine.historyOf(response)).toEqual(RECORD);
  });

  it('is kept by each copy alone where nothing can be shared', async () => {
    const [mine, theirs] = [await copy(), await copy()];
    const response = new Response();
    Reflect.deleteProperty(globalThis, Symbol.for('steadfetch.histories.1'));
    vi.spyOn(Reflect, 'defineProperty').mockReturnValue(false);

    theirs.remember(response, RECORD);

    expect(theirs.historyOf(response)).toEqual(RECORD);
    expect(mine.historyOf(response)).toBeUndefined();
  });
});
