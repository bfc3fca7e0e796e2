import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../scripts/chromium.ts';

const executablePath = findChromium();
const ROOT = join(import.meta.dirname, '..', 'browser');

/** Finding and bundling what the page imports takes a while, the first time. */
const PATIENCE = 30_000;

describe.skipIf(executablePath === undefined)('the page', { timeout: PATIENCE }, () => {
  let server: ViteDevServer;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    server = await createServer({ root: ROOT, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
    await server.listen();
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] });
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.resolvedUrls!.local[0]!);
  }, 2 * PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

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
