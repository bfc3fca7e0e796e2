import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { compareCalls } from './transparency.ts';

it('is the same as bare fetch for server and caller, except for the known differences', async () => {
  const comparison = await compareCalls({ calls: 400, seed: 1, known: KNOWN_DIFFERENCES });

  expect(comparison.calls).toBe(400);
  expect(comparison.answered).toBeGreaterThan(150);
  expect(comparison.same).toBeGreaterThan(280);
});

it('has each known difference in the documentation', () => {
  const page = readFileSync(new URL('../../../docs/transparency.md', import.meta.url), 'utf8');

  for (const { row } of KNOWN_DIFFERENCES) expect(page).toContain(`| ${row} |`);
});
