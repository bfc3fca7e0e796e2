import { describe, expect, it } from 'vitest';
import { parseArguments } from '../demo/arguments.ts';
import { summarize } from '../demo/summary.ts';
import { terminalOf } from '../demo/terminal.ts';
import { problemOfCall, problemOfText } from '../demo/url-problem.ts';

describe('problemOfText', () => {
  it.each([
    ['nonsense', 'not a URL: nonsense'],
    ['example.com/a', 'not a URL: example.com/a (did you mean https://example.com/a?)'],
    ['ftp://example.com/', 'not an http or https URL: ftp://example.com/'],
    ['https://me:secret@example.com/', 'fetch takes no credentials in a URL: https://example.com/'],
    ['https://example.com/', undefined],
  ])('says of %s what is wrong', (text, problem) => {
    expect(problemOfText(text)).toBe(problem);
  });
});

describe('problemOfCall', () => {
  it.each([
    ['ENOTFOUND', 'no such host: api.test'],
    ['ECONNREFUSED', 'connection refused by api.test: nothing listens there'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate of api.test is not trusted: words'],
    ['EPROTO', 'no answer from api.test: words'],
  ])('explains %s', async (code, problem) => {
    const cause = Object.assign(new Error('words'), { code });

    const said = await problemOfCall('https://api.test/', async () => {
      throw new TypeError('fetch failed', { cause });
    });

    expect(said).toBe(problem);
  });

  it('takes any response for an answer', async () => {
    expect(await problemOfCall('https://api.test/', async () => new Response(null, { status: 503 }))).toBeUndefined();
  });
});

describe('parseArguments', () => {
  it.each([
    [[], { help: false, speed: 1 }],
    [['--', 'https://a.test'], { help: false, speed: 1, url: 'https://a.test' }],
    [['--speed', '4'], { help: false, speed: 4 }],
    [['-h'], { help: true, speed: 1 }],
    [['--frob'], { help: true, speed: 1, problem: "Unknown option '--frob'" }],
    [['--speed', '0'], { help: true, speed: 1, problem: '--speed: expected a number from 1 to 4, got 0' }],
    [['--speed', '5'], { help: true, speed: 1, problem: '--speed: expected a number from 1 to 4, got 5' }],
    [['a', 'b'], { help: true, speed: 1, problem: 'expected one URL, got 2' }],
  ])('reads %j', (args, expected) => {
    expect(parseArguments(args)).toEqual(expected);
  });
});

describe('terminalOf', () => {
  it('draws in place on a terminal, and leaves the last drawing there', async () => {
    const { output, written } = screen({ isTTY: true, columns: 90, rows: 20 });

    await terminalOf(output, {}).animate(() => ['one', 'two'], Promise.resolve());

    expect(written()).toContain('\x1b[2Aone\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[?25h');
  });

  it.each([
    ['a pipe', {}, {}],
    ['NO_COLOR', { isTTY: true, columns: 90, rows: 20 }, { NO_COLOR: '1' }],
    ['a dumb terminal', { isTTY: true, columns: 90, rows: 20 }, { TERM: 'dumb' }],
    ['a terminal that is too low', { isTTY: true, columns: 90, rows: 2 }, {}],
    ['a terminal that is too narrow', { isTTY: true, columns: 60, rows: 20 }, {}],
  ])('draws once at the end for %s', async (_, size, env) => {
    const { output, written } = screen(size);

    await terminalOf(output, env).animate(() => ['one', 'two'], Promise.resolve());

    expect(written()).toBe('one\ntwo\n');
  });

  it.each([
    [{ columns: 90 }, {}, 90],
    [{ columns: 300 }, {}, 110],
    [{ columns: 20 }, {}, 76],
    [{}, {}, 100],
    [{}, { COLUMNS: '84' }, 84],
  ])('is as wide as the window of %j allows', (size, env, width) => {
    expect(terminalOf(screen(size).output, env).width).toBe(width);
  });

  function screen(size: object) {
    const chunks: string[] = [];
    const output = { ...size, write: (chunk: string) => chunks.push(chunk) > 0 } as never;
    return { output, written: () => chunks.join('') };
  }
});

describe('summarize', () => {
  it('counts calls, attempts and waits', () => {
    const attempt = { start: 0, end: 1, name: '200', tone: 'good' } as const;
    const waits = [{ start: 1, delay: 5, source: 'retry-after' }];
    const calls = [
      { title: '', attempts: [attempt, attempt], waits, end: { how: 'recovered' } },
      { title: '', attempts: [attempt], waits: [], end: { how: 'first try' } },
    ] as const;

    expect(summarize(calls)).toEqual([
      '2 calls, 3 attempts: 1 recovered, 0 gave up, 1 needed no retry.',
      '1 waits: 0 as long as the backoff says, 1 as long as the server says.',
    ]);
  });
});
