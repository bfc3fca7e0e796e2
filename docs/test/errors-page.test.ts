import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';
import { CircuitOpenError, QueueFullError, RateLimitError } from 'steadfetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';
import { publicPackages } from '../../scripts/workspace.ts';
import { rowsOf } from './tables.ts';

const page = readFileSync(new URL('../errors.md', import.meta.url), 'utf8');
const rows = rowsOf(page, 'errors:classes');

const sources = publicPackages().flatMap(({ dir }) =>
  globSync('src/**/*.ts', { cwd: dir }).map((path) => readFileSync(join(dir, path), 'utf8')),
);

/** Members of a union of strings in the code. */
function unionOf(name: string): string[] {
  const source = sources.find((text) => text.includes(`export type ${name} =`))!;
  const [, union = ''] = new RegExp(`export type ${name} =([^;]*);`).exec(source)!;
  return [...union.matchAll(/'([\w-]+)'/g)].map(([, member]) => member!);
}

describe('docs/errors.md', () => {
  it('has each error class of the code', () => {
    const classes = sources.flatMap((text) => [...text.matchAll(/export class (\w+) extends \w*Error\b/g)]);
    const named = rows.map(([name]) => name!.replaceAll('`', ''));

    expect([...new Set(named)].sort()).toEqual([...new Set(classes.map(([, name]) => name!))].sort());
  });

  it('has each reason for which a call is not sent', () => {
    const reasons = rows
      .map(([, reason]) => /^`([\w-]+)`$/.exec(reason!)?.[1])
      .filter((reason) => reason !== undefined);

    expect([...new Set(reasons)].sort()).toEqual(unionOf('RefusalReason').sort());
  });

  describe('Answer with a status', () => {
    const dir = new URL(`./.snippets-${process.pid}/`, import.meta.url);
    let answerFor: (error: unknown) => Response;

    beforeAll(async () => {
      const fence = parseMarkdown(page).fences.find(({ code }) => code.includes('answerFor'))!;
      mkdirSync(dir);
      writeFileSync(new URL('answer.ts', dir), fence.code);
      ({ answerFor } = (await import(new URL('answer.ts', dir).href)) as { answerFor: (error: unknown) => Response });
    });
    afterAll(() => rmSync(dir, { recursive: true }));

    const ERRORS: [string, Error][] = [
      ['CircuitOpenError', new CircuitOpenError({ key: 'a', retryAfter: 1_200 })],
      ['RateLimitError', new RateLimitError('rate-limited', { key: 'a', retryAfter: 1_200, lastAnswer: undefined })],
      ['QueueFullError', new QueueFullError('a', 1, 1)],
      ['TimeoutError', Object.assign(new Error(), { name: 'TimeoutError' })],
      ['NetworkError', Object.assign(new Error(), { name: 'NetworkError' })],
    ];
    const statusOf = (name: string) => Number(rows.find(([cell]) => cell === `\`${name}\``)![3]);

    it.each(ERRORS)('answers to %s as the table says', (name, error) => {
      expect(answerFor(error).status).toBe(statusOf(name));
    });

    it.each(ERRORS)('answers to %s as the cause of an error of a client as the table says', (name, error) => {
      expect(answerFor(new Error('Connection error.', { cause: error })).status).toBe(statusOf(name));
    });

    it.each(ERRORS)('answers to %s below axios as the table says', async (name, error) => {
      const client = axios.create({ adapter: 'fetch', env: { fetch: () => Promise.reject(error) } });

      const thrown = await client.get('https://api.example.com/').catch((caught: unknown) => caught);

      expect(answerFor(thrown).status).toBe(statusOf(name));
    });

    it('answers to a refused connection below axios as to a network error', async () => {
      const cause = Object.assign(new Error(), { code: 'ECONNREFUSED' });
      const refused = () => Promise.reject(new TypeError('fetch failed', { cause }));
      const client = axios.create({ adapter: 'fetch', env: { fetch: refused } });

      const thrown = await client.get('https://api.example.com/').catch((caught: unknown) => caught);

      expect(answerFor(thrown).status).toBe(502);
    });

    it('answers to a certificate that has expired as to what will fail again', () => {
      const error = new TypeError('fetch failed', { cause: { code: 'CERT_HAS_EXPIRED' } });

      expect(answerFor(error).status).toBe(500);
    });

    it('says when to come back, in whole seconds', () => {
      const answer = answerFor(new CircuitOpenError({ key: 'a', retryAfter: 1_200 }));

      expect(answer.headers.get('retry-after')).toBe('2');
    });
  });
});

describe('docs/faq.md', () => {
  const faq = readFileSync(new URL('../faq.md', import.meta.url), 'utf8');

  it('has each reason for giving up', () => {
    const reasons = rowsOf(faq, 'faq:reasons').map(([reason]) => reason!.replaceAll('`', ''));

    expect(reasons.sort()).toEqual(unionOf('GiveUpReason').sort());
  });

  it('has each reason for a retry', () => {
    const [, sentence = ''] = /`onRetry` says: (.*)\n/.exec(faq)!;

    expect([...sentence.matchAll(/`([\w-]+)`/g)].map(([, name]) => name)).toEqual(
      expect.arrayContaining(unionOf('RetryReason')),
    );
  });
});
