import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../scripts/workspace.ts';

const SECONDS = 2;
const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/node');
const FILE = join(import.meta.dirname, '../shared-limit/main.ts');
const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

it.skipIf(!isInstalled)(
  'eight processes show what each got, and their sum',
  async () => {
    const { stdout, stderr, code } = await run(process.env.PATH, `${SECONDS}`);

    // on a busy machine the store may be late: the processes go on without it, and say so
    expect(stderr.replaceAll(/^Error: the store took longer than \d+ ms\n/gm, '')).toBe('');
    expect(code).toBe(0);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^second \|( +\d){8} \| together \| refused$/);
    expect(lines).toHaveLength(SECONDS);
    let sum = 0;
    for (const line of lines) {
      const [, each, together] = line.split('|').map((part) => part.trim().split(/ +/).map(Number));
      expect(each).toHaveLength(8);
      expect(together).toEqual([each!.reduce((a, b) => a + b)]);
      sum += together![0]!;
    }
    expect(sum).toBeGreaterThan(0);
  },
  60_000,
);

it('without a redis-server one line says how to get it', async () => {
  const { stdout, stderr, code } = await run('/nowhere');

  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^This example needs redis-server: .*\n$/);
});

function run(path: string | undefined, ...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const env = { PATH: path, NO_COLOR: '1', NODE_COMPILE_CACHE };
  return new Promise((resolve) => {
    execFile(process.execPath, [FILE, ...args], { env }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: Number(error?.code ?? 0) });
    });
  });
}
