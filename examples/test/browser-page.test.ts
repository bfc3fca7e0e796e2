import type { Locator, Page } from 'playwright';
import { beforeAll, expect, it } from 'vitest';
import { describeSite, PATIENCE } from './support/site.ts';

describeSite('the page', 'browser', (site) => {
  const { errors } = site;
  let page: Page;

  beforeAll(async () => {
    page = await site.open();
  }, PATIENCE);

  it('draws the attempts, the waits and the end of each scenario', async () => {
    for (const name of Object.keys(DRAWN)) await page.getByRole('button', { name, exact: true }).click();

    const rows = Object.keys(DRAWN).map(async (name) => [name, await drawnBy(rowOf(name))]);

    expect(Object.fromEntries(await Promise.all(rows))).toEqual(DRAWN);
    expect(errors).toEqual([]);
  });

  it('draws them to scale', async () => {
    const boxes = await Promise.all((await rowOf('Retry-After: 2').locator('.attempt, .track').all()).map(boxOf));
    const [track, first, second] = boxes as [Box, Box, Box];

    const seconds = (4 * (second.x - first.x)) / track.width;

    expect(seconds).toBeGreaterThanOrEqual(2);
    expect(seconds).toBeLessThan(4);
  });

  const rowOf = (name: string): Locator =>
    page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });
});

const DRAWN = {
  '503 twice': ['503', 'backoff', '503', 'backoff', '200', 'recovered'],
  'Retry-After: 2': ['429', 'retry-after', '200', 'recovered'],
  'Network error': ['network', 'backoff', '200', 'recovered'],
  'POST without a key': ['503', 'gave up: method-not-idempotent'],
  'POST with a key': ['503', 'backoff', '201', 'recovered'],
  'Down for good': ['500', 'backoff', '500', 'backoff', '500', 'gave up: limit'],
};

/** What a row shows once its call has ended, without the numbers that chance decides. */
async function drawnBy(row: Locator): Promise<string[]> {
  await row.locator('.outcome:not(.quiet)').waitFor();
  const texts = await row.locator('.attempt, .wait, .outcome').allTextContents();
  return texts.map((text) => text.replace(/ \d+ ms$/, ''));
}

type Box = NonNullable<Awaited<ReturnType<Locator['boundingBox']>>>;

async function boxOf(part: Locator): Promise<Box> {
  return (await part.boundingBox())!;
}
