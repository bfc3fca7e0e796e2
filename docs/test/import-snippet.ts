import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { onTestFinished, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';

const ROOT = new URL('../../', import.meta.url);

/** The snippet of a page with these words. */
export function snippetOf(page: string, words: string): string {
  const text = readFileSync(new URL(`docs/${page}`, ROOT), 'utf8');
  return parseMarkdown(text).fences.find((fence) => fence.code.includes(words))!.code;
}

/** What the snippet with these words exports, as `importCode` does. */
export function importSnippet<T>(page: string, words: string, server: typeof fetch): Promise<T> {
  return importCode<T>(snippetOf(page, words), server);
}

/** What this code exports, which takes this `fetch`. Time stands still until the test advances it. */
export async function importCode<T>(code: string, server: typeof fetch, folder = 'docs/test/'): Promise<T> {
  const file = new URL(`${folder}.snippet-${randomUUID()}.ts`, ROOT);
  writeFileSync(file, code);
  vi.stubGlobal('fetch', server);
  vi.spyOn(console, 'warn').mockReturnValue(undefined); // a budget that is spent says so
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    rmSync(file);
  });
  return (await import(file.href)) as T;
}
