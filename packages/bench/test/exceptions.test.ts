import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PARTS } from '../src/exceptions/parts.ts';
import { playRow } from '../src/exceptions/play.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/robustness.md'), 'utf8');

describe('pnpm bench exceptions', () => {
  it.each(PARTS.map(({ name }) => name))('finds the place of its table in the page: %s', (name) => {
    const [begin, end] = [
      PAGE.indexOf(`<!-- bench:exceptions-${name} -->`),
      PAGE.indexOf(`<!-- /bench:exceptions-${name} -->`),
    ];

    expect(begin).toBeGreaterThan(0);
    expect(end).toBeGreaterThan(begin);
  });

  it('plays a row that is worse than a plain retry', async () => {
    const row = PARTS.find(({ name }) => name === 'breaker')!.exceptions[0]!;

    const { cells, isWorse } = await playRow({ ...row, seeds: 1 });

    expect(isWorse).toBe(true);
    expect(cells).toHaveLength(5);
  });
});
