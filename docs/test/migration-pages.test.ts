import { readFileSync } from 'node:fs';
import * as steadfetch from 'steadfetch';
import * as kit from 'steadfetch/kit';
import { describe, expect, it } from 'vitest';
import { rowsOf } from './tables.ts';

const PAGES = {
  'migration.md': ['axios-retry', 'fetch-retry', 'p-retry', 'got', 'ky'],
  'migration-python.md': ['urllib3', 'requests'],
};

/** What a line may name besides the exports. */
const PLACES = {
  fetch: async () => new Response(),
  url: 'https://api.example.com/',
  raiseForStatus: (next: typeof fetch) => next,
};

function evaluate(code: string): unknown {
  const scope = { ...kit, ...steadfetch, ...PLACES };
  return new Function(...Object.keys(scope), `'use strict'; return (${code});`)(...Object.values(scope));
}

describe.each(Object.entries(PAGES))('docs/%s', (file, tables) => {
  const page = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const cells = tables.flatMap((table) => rowsOf(page, `lines:${table}`).map(([, ours]) => ours!));
  const codes = cells.flatMap((cell) => [...cell.matchAll(/`([^`]*[()][^`]*)`/g)].map(([, code]) => code!));

  it('has a table for each library', () => {
    for (const table of tables) expect(rowsOf(page, `lines:${table}`).length, table).toBeGreaterThan(5);
  });

  it.each(codes.map((code) => code.replaceAll('\\|', '|')).filter((code) => !/^(retry: |ky\.)/.test(code)))(
    '%s is accepted by the code',
    async (code) => {
      expect(() => evaluate(code)).not.toThrow();
    },
  );
});
