import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PARTS } from '../src/exceptions/parts.ts';
import { playRow } from '../src/exceptions/play.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/exceptions.md'), 'utf8');

describe('pnpm bench exceptions', () => {
  it.each(PARTS)('has its rows, and no others, in the table of the page: $name', ({ name, exceptions }) => {
    const [begin, end] = [
      PAGE.indexOf(`<!-- bench:exceptions-${name} -->`),
      PAGE.indexOf(`<!-- /bench:exceptions-${name} -->`),
    ];
    const table = PAGE.slice(begin, end);
    const rows = table.split('\n').filter((line) => line.startsWith('| '));
    const situations = rows.slice(2).map((row) => row.split(' | ')[0]!.slice(2));

    expect(begin).toBeGreaterThan(0);
    expect(end).toBeGreaterThan(begin);
    expect(situations).toEqual(exceptions.map(({ situation }) => situation));
  });

  it('fails where it plays no row, as where the name of a table is misspelled', () => {
    const run = join(import.meta.dirname, '../src/exceptions/run.ts');
    const { status, stderr } = spawnSync(process.execPath, ['--conditions=@steadfetch/source', run, '--part=braker']);

    expect(String(stderr)).toContain('no row is played');
    expect(status).toBe(1);
  });

  it('plays a row that is worse than a plain retry', async () => {
    const row = PARTS.find(({ name }) => name === 'breaker')!.exceptions[0]!;

    const { cells, isWorse } = await playRow({ ...row, seeds: 1 });

    expect(isWorse).toBe(true);
    expect(cells).toHaveLength(5);
  });
});
