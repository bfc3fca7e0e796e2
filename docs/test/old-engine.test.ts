import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('all layers work in an engine that has no more than runtimes.md asks for', { timeout: 30_000 }, async () => {
  // in a process of its own, since the test runner needs what is taken away
  const program = join(import.meta.dirname, 'old-engine.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@steadfetch/source', program]);

  expect(stdout.trim().split('\n')).toEqual(Array(6).fill('fine'));
});
