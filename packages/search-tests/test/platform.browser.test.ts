import { fakeFetch } from '@steadfetch/testing';
import type { Fetch } from 'steadfetch';
import { describe, it } from 'vitest';
import { type Asked, argumentsOf, asked } from './support/requests.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';

/** The server of this page, which answers anything. */
const BASE = location.origin;

/** The name of the error, if a call is refused. */
async function refusalOf(fetch: Fetch, args: [never, never?]): Promise<string> {
  try {
    await fetch(...args);
    return 'none';
  } catch (error) {
    return (error as Error).name;
  }
}

/** What the browser does beyond the standard of requests: cookies, caches, other origins, HTTP/1.1 and streams. */
function isBeyond({ url, init, body }: Asked): boolean {
  const { cache, mode, redirect } = init;
  return (
    /stream/.test(body) ||
    cache === 'only-if-cached' ||
    mode === 'navigate' ||
    redirect === 'error' ||
    /HOST|6000|javascript|nope|ftp|http:..a b/.test(url)
  );
}

const differences: Search<Asked, () => Fetch> = {
  cases: asked,
  check: async (given, make) => {
    if (isBeyond(given)) return;
    let args: [never, never?];
    try {
      args = await argumentsOf(given, BASE);
    } catch {
      return;
    }
    const real = await refusalOf(fetch, args);
    const fake = await refusalOf(make(), await argumentsOf(given, BASE));
    claim(fake === real, `the error is ${fake}, that of the real one ${real}`);
  },
};

describe('fakeFetch in a browser', () => {
  it('refuses what fetch refuses', () => expectNone(differences, () => fakeFetch(200), 300), PATIENCE);

  it('is found to differ if it takes everything', async () => {
    await expectFound(differences, () => async () => new Response(), 300);
  });
});
