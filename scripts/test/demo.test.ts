import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { startServer } from '@steadfetch/testing';
import { describe, it } from 'vitest';
import { ROOT } from '../workspace.ts';

describe.concurrent('the demo', { timeout: 30_000 }, () => {
  it('shows every call, its waits and its end, and the rate-limited server', async ({ expect }) => {
    const { code, out, err } = await demo('--speed', '2');

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).not.toContain('\x1b');
    for (const [title, row] of ROWS) {
      expect(lineOf(out, title)).toMatch(row);
    }
    expect(out).toMatch(/ratelimit \d+ ms/);
    expect(out).toContain('method-not-idempotent: the server may have done it');
    expect(out).toContain('server-delay: a retry-after of 120.0 s is too long');
    expect(out).toMatch(/^16 calls, 3\d attempts: 11 recovered, 4 gave up, 1 needed no retry\.$/m);
    expect(out).toMatch(/\d+ jobs done, \d+ lost, in [\d.]+ s +300 jobs done, 0 lost/);
  });

  it('does the same against a URL', async ({ expect }) => {
    await using server = await startServer({ body: 'hello' });

    const { code, out } = await demo('--speed', '2', `${server.url}?secret=1`);

    expect(code).toBe(0);
    expect(lineOf(out, 'fetch  after a made-up reset')).toMatch(/\[reset.*\]\.+\[200.*\] +recovered/);
    expect(lineOf(out, 'ky     after a made-up 503')).toMatch(/\[503.*\]\.+\[200.*\] +recovered/);
    expect(out).not.toContain('secret');
    expect(server.requests.map(({ method }) => method)).toEqual(Array(5).fill('GET'));
  });

  it('says in one line what is wrong with a URL', async ({ expect }) => {
    // not a port that was free a moment ago: another test may have taken it by now
    const { code, out, err } = await demo('http://127.0.0.1:2/');

    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('connection refused by 127.0.0.1:2: nothing listens there\n');
  });

  it('shows its options for one that it does not know', async ({ expect }) => {
    const { code, err } = await demo('--frob');

    expect(code).toBe(1);
    expect(err).toContain("Unknown option '--frob'\n\npnpm demo [URL] [--speed N] [--help]");
  });
});

const ROWS = [
  ['GET   503 twice', /\[503=*\]\.+\[503=*\]\.+\[200=*\] +recovered$/],
  ['GET   429, Retry-After: 1', /\[429=*\]\.+\[200=*\] +recovered$/],
  ['GET   connection reset', /\[reset=*\]\.+\[200=*\] +recovered$/],
  ['GET   port closed for 0.8 s', /(\[refused=*\]\.+)+\[200=*\] +recovered$/],
  ['GET   503 for good', /\[503=*\]\.+\[503=*\]\.+\[503=*\] +gave up$/],
  ['POST  503 ', /\[503=*\] +gave up$/],
  ['GET   no answer', /\[timeout=*\]\.+\[503=*\]\.+\[200=*\] +recovered$/],
  ['GET   half of the body', /\[cut off=*\]\.+\[200=*\] +recovered$/],
  ['GET   body stands still', /\[timeout=*\]\.+\[200=*\] +recovered$/],
  ['POST  503, Idempotency-Key', /\[503=*\]\.+\[201=*\] +recovered$/],
  ['GET   503, Retry-After: 120', /\[503=*\] +gave up$/],
  ['GET   404', /\[404=*\] +handed on$/],
  ['ky     network error', /\[network=*\]\.+\[200=*\] +recovered$/],
  ['fetch  x-should-retry: false', /\[500=*\] +gave up$/],
] as const;

const lineOf = (out: string, title: string): string => out.split('\n').find((line) => line.startsWith(title)) ?? '';

interface Ran {
  code: number;
  out: string;
  err: string;
}

function demo(...args: string[]): Promise<Ran> {
  const main = join(ROOT, 'scripts', 'demo', 'main.ts');
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/node') };
    const child = execFile(process.execPath, [main, ...args], { env }, (_, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
  });
}
