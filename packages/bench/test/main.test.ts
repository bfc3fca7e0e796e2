import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;

it.each([
  [['storm'], "no benchmark 'storm', expected harm, "],
  [['--help'], '--help of which benchmark?, expected harm, '],
])('runs nothing and names the benchmarks: %j', (args, words) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });

  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(words);
});
