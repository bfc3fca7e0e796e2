import { CONTRACT_URL, type ContractCheck, inTime, same } from './contract-claim.ts';
import { ending, probe, readingAll } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/**
 * In Node, Deno and Bun a call that has waited for others is sent in its own async context: there a server keeps for whom it makes the
 * call, and a fetch inside may take a token from it.
 */
export async function keepsContexts(make: Parameters<ContractCheck>[0]): Promise<void> {
  const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks');
  if (hooks === undefined) return;
  const context = new hooks.AsyncLocalStorage<string>();
  const found: (string | undefined)[] = [];
  const { fetch, asked } = probe(async () => {
    found.push(context.getStore());
    await macrotask();
    return new Response('ok');
  });
  const steady = readingAll(make()(fetch));
  const { signal, abort } = ending();
  const urls = Array.from({ length: 20 }, (_, index) => CONTRACT_URL + index);
  const calls = Promise.allSettled(urls.map((url) => context.run(url, () => steady(url, { signal }))));
  await inTime(calls);
  abort(); // who paces calls has sent some
  await inTime(calls);
  for (const [index, { url }] of asked.entries()) {
    if (urls.includes(url)) same(found[index], url, 'the async context in which a call is sent');
  }
}
