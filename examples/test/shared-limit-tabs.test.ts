import type { Page } from 'playwright';
import { beforeAll, expect, it } from 'vitest';
import { describeSite, PATIENCE } from './support/site.ts';

declare const tab: { call(): Promise<number>; refused(seconds: number): Promise<number>; opensIn(): number };

describeSite('five tabs', 'shared-limit', (site) => {
  let pages: Page[];

  beforeAll(async () => {
    const open = async () => {
      const page = await site.open();
      await page.waitForFunction(() => 'tab' in globalThis);
      return page;
    };
    pages = [await open()];
    await pages[0]!.evaluate(() => tab.call()); // it decides for all
    pages.push(...(await Promise.all(Array.from({ length: 4 }, open))));
  }, 2 * PATIENCE);

  it('call at one limit together, ten times a second', async () => {
    const begun = Date.now();
    const calls = pages.map((page) => page.evaluate(() => Promise.all([1, 2, 3, 4].map(() => tab.call()))));
    const times = (await Promise.all(calls)).flat().sort((a, b) => a - b);
    // a tab that has to wait for the processor calls late, and then some at once, but never before its slots
    for (let n = 0; n < 20; n++) expect(times[n]! - begun).toBeGreaterThan(100 * (n - 1));
  });

  /** The tabs that know that the limit is closed. A call that waits asks. */
  const closed = (some: readonly Page[]) =>
    Promise.all(
      some.map(async (page) => {
        await page.evaluate(() => void tab.call().catch(() => {}));
        await page.waitForFunction(() => tab.opensIn() > 10_000);
      }),
    );

  it('are all closed by a refusal that one of them met', async () => {
    await pages[2]!.evaluate(() => tab.refused(40));
    expect(await closed(pages)).toHaveLength(5);
  });

  it('go on from what is known when the tab that decides is closed', async () => {
    await pages[0]!.close();
    await pages[1]!.reload();
    await pages[1]!.waitForFunction(() => 'tab' in globalThis, undefined, { timeout: PATIENCE });
    expect(await closed(pages.slice(1))).toHaveLength(4);
  });
});
