import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLIENTS, tableOf } from './comparison.ts';
import { rowsOf } from './tables.ts';

const page = readFileSync(new URL('../comparison.md', import.meta.url), 'utf8');

describe('docs/comparison.md', () => {
  it('says what each client does in each situation', async () => {
    const rows = await tableOf();
    const written = [['situation', ...Object.keys(CLIENTS)], ['---', ...Object.keys(CLIENTS).map(() => '---')], ...rows]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n');

    expect(rowsOf(page, 'comparison'), `the table would be:\n${written}`).toEqual(rows);
  });
});
