import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { onTestFinished, vi } from 'vitest';
import { parseMarkdown } from '../../scripts/markdown.ts';

/** What the snippet with these words exports, which takes this `fetch`. Time stands still until the test advances it. */
export async function importSnippet<T>(page: string, words: string, server: typeof fetch): Promise<T> {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
  const { code } = parseMarkdown(text).fences.find((fence) => fence.code.includes(words))!;
  const file = new URL(`./.${page}-${randomUUID()}.ts`, import.meta.url);
  writeFileSync(file, code);
  vi.stubGlobal('fetch', server);
  vi.spyOn(console, 'warn').mockReturnValue(undefined); // a budget that is spent says so
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    rmSync(file);
  });
  return (await import(file.href)) as T;
}
