// Runs the snippets of docs/clients.md as they are, each against a server whose first answer is 503.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '@steadfetch/testing';
import { checkSnippets } from '../../../scripts/check-snippets.ts';
import { type Fence, parseMarkdown } from '../../../scripts/markdown.ts';
import type { Client } from './client.ts';

const ROOT: string = join(import.meta.dirname, '../../..');
const PAGE = 'docs/clients.md';
const DIR: string = join(import.meta.dirname, `.snippets-${process.pid}`);

/** What is wrong with the page: a client without a snippet, a snippet that does not compile, or does not retry. */
export async function runSnippets(clients: readonly Client[]): Promise<string[]> {
  const text = readFileSync(join(ROOT, PAGE), 'utf8');
  const { fences, headings } = parseMarkdown(text);
  const snippets = fences.filter(({ language }) => language === 'ts');
  const titleOf = ({ line }: Fence) => headings.findLast((heading) => heading.line < line)!.text;
  const faults = checkSnippets(
    snippets.map(({ line, code }) => ({ page: PAGE, line, code, extension: 'ts' })),
    join(import.meta.dirname, '..'),
  );
  mkdirSync(DIR);
  for (const client of clients) {
    const row = `| ${client.name} | ${client.abort} | ${client.failure} |`;
    if (!text.includes(row)) faults.push(`${PAGE}: no row ${row}`);
    const own = snippets.filter((fence) => titleOf(fence).split(', ').includes(client.name));
    if (own.length === 0) faults.push(`${PAGE}: no snippet of ${client.name}`);
    for (const fence of own) faults.push(...(await play(fence, client)));
  }
  rmSync(DIR, { recursive: true });
  console.log(`${PAGE}: ${snippets.length} snippets type-checked and run`);
  return faults;
}

async function play({ code, line }: Fence, client: Client): Promise<string[]> {
  const file = join(DIR, `${line}-${client.name.replaceAll(/\W/g, '-')}.ts`);
  writeFileSync(file, `${code}\nexport {};\n`);
  const bare = globalThis.fetch;
  const answer = { json: client.answer ?? { ok: true } };
  await using server = await startServer([{ status: 503, json: { error: { message: 'busy' } } }, answer]);
  globalThis.fetch = (input, init) => bare(...movedTo(server.origin, input, init));
  try {
    await import(file);
    assert.equal(server.requests.length, 2, `${server.requests.length} requests, not 2`);
    return [];
  } catch (error) {
    return [`${PAGE}:${line}: ${(error as Error).message}`];
  } finally {
    globalThis.fetch = bare;
  }
}

/** The same request to this machine. */
function movedTo(origin: string, input: RequestInfo | URL, init?: RequestInit): Parameters<typeof fetch> {
  const url = input instanceof Request ? input.url : String(input);
  const target = url.replace(/^https?:\/\/[^/?]+/, origin);
  if (!(input instanceof Request)) return init === undefined ? [target] : [target, init];
  return [new Request(new Request(target, input), init)];
}
