import { fakeFetch } from '@steadfetch/testing';
import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

/** As in `next build`: a stack that kept the `fetch` of its import loses `revalidate`, and its page is never renewed. */
it('calls the fetch that is there at the call, with the members of Next', async () => {
  const atImport = vi.fn(fakeFetch({ json: {} }));
  const { getReport } = await importSnippet<{ getReport: (id: number) => Promise<unknown> }>(
    'recipes.md',
    'getReport',
    atImport,
  );
  const replaced = vi.fn(fakeFetch({ json: { id: 7 } }));
  vi.stubGlobal('fetch', replaced);

  expect(await getReport(7)).toEqual({ id: 7 });

  expect(atImport).not.toHaveBeenCalled();
  expect(replaced.mock.calls[0]?.[1]).toMatchObject({ next: { revalidate: 60 } });
});
