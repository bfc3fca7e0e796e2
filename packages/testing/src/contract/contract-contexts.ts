import type { AsyncLocalStorage } from 'node:async_hooks';
import { KINDS, ofKind } from './aborted-call.ts';
import { CONTRACT_URL, inTime, type Make, same } from './contract-claim.ts';
import { ending, FAILURES, ok, probe, readingAll } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/**
 * In Node, Deno and Bun each request must be sent in the async context of its own call, also after a wait or in a retry.
 * Servers keep the current user in that context, and a `fetch` inside may read the user's token from it.
 */
export async function keepsContexts(make: Make): Promise<void> {
  const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks');
  if (hooks === undefined) return;
  const context = new hooks.AsyncLocalStorage<string>();
  await Promise.all([{ when: 'at first', fail: ok }, ...FAILURES].map((first) => keepsContext(make, context, first)));
}

async function keepsContext(
  make: Make,
  context: AsyncLocalStorage<string>,
  { when, fail }: Pick<(typeof FAILURES)[number], 'when' | 'fail'>,
): Promise<void> {
  const found: [url: string, store: string | undefined][] = [];
  const before = new Set<string>();
  const { fetch } = probe(async ({ url }) => {
    found.push([url, context.getStore()]);
    await macrotask();
    return before.has(url) ? ok() : before.add(url) && fail();
  });
  const steady = make()(fetch);
  const { signal, abort } = ending();
  const urls = Array.from({ length: 20 }, (_, index) => CONTRACT_URL + index);
  const call = (url: string, index: number) =>
    context.run(url, () => readingAll(ofKind(KINDS[index % KINDS.length]!, steady))(url, { signal }));
  const calls = Promise.allSettled(urls.map(call));
  await inTime(calls);
  abort(); // a rate limiter may still hold some of them
  await inTime(calls);
  for (const [url, store] of found) {
    if (urls.includes(url)) same(store, url, `the async context in which a call is sent ${when}`);
  }
}
