import { CONTRACT_URL, type ContractCheck, same } from './contract-claim.ts';
import { probe } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/** What many calls and fetches share. */
export const sharingChecks: Readonly<Record<string, ContractCheck>> = {
  'keeps concurrent calls apart': async (make) => {
    const { fetch } = probe(async ({ url }) => {
      for (let turns = 10 - Number(url.at(-1)); turns > 0; turns--) await macrotask();
      return new Response(url);
    });
    const steady = make()(fetch);
    const urls = Array.from({ length: 10 }, (_, index) => CONTRACT_URL + index);
    const texts = await Promise.all(urls.map(async (url) => (await steady(url)).text()));
    same(texts.join(), urls.join(), 'the answers');
  },

  'serves two fetches at once': async (make) => {
    const middleware = make();
    const [a, b] = [new Response('a'), new Response('b')];
    const [steadyA, steadyB] = [middleware(async () => a), middleware(async () => b)];
    same(await steadyA(CONTRACT_URL), a, 'the response of the first fetch');
    same(await steadyB(CONTRACT_URL), b, 'the response of the second fetch');
  },
};
