import { describe, expect, it } from 'vitest';
import { hookRunner } from '../src/contract/test-runner.ts';
import { freshEach } from '../src/index.ts';

const counts = { calls: 0, resets: 0 };
const keeper = {
  reset: () => {
    counts.calls = 0;
    counts.resets++;
  },
};

describe('freshEach', () => {
  freshEach(keeper);

  it.each([1, 2, 3])('begins each test with fresh state: %i', () => {
    expect(counts.calls).toBe(0);
    expect(counts.resets).toBeGreaterThan(0);
    counts.calls = 5;
  });

  it('waits for each, in order, with any runner', async () => {
    const log: string[] = [];
    const slow = { reset: () => new Promise<void>((resolve) => setTimeout(() => resolve(void log.push('slow')))) };
    const next = Object.assign(() => {}, { reset: () => log.push('next') });
    const hooks: (() => Promise<void>)[] = [];

    freshEach(slow, next, { beforeEach: (hook) => hooks.push(hook) });
    await hooks[0]!();

    expect([hooks.length, log]).toEqual([1, ['slow', 'next']]);
  });

  it('refuses what has no state to reset', () => {
    expect(() => freshEach(keeper, fetch as never)).toThrow(
      new TypeError('freshEach: position 1: expected an object with reset(), got function fetch'),
    );
    expect(() => freshEach(undefined as never)).toThrow('freshEach: position 0: expected an object with reset()');
    expect(() => freshEach({ beforeEach: () => {} })).toThrow('freshEach: expected at least one object with reset()');
    expect(() => (freshEach as () => void)()).toThrow(TypeError);
  });

  it('takes a global beforeEach where vitest is not, and says so where there is none', () => {
    const globals = { beforeEach: () => {} };

    expect(hookRunner(null, globals)).toEqual(globals);
    expect(() => hookRunner(null, {})).toThrow('freshEach: no test runner found: pass { beforeEach } last');
  });
});
