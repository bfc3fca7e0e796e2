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
    const [steadyA, steadyB] = ['a', 'b'].map((text) => middleware(async () => new Response(text)));
    same(await (await steadyA!(CONTRACT_URL)).text(), 'a', 'the answer of the first fetch');
    same(await (await steadyB!(CONTRACT_URL)).text(), 'b', 'the answer of the second fetch');
  },
};
