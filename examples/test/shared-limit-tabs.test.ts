import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../scripts/chromium.ts';

const executablePath = findChromium();
const ROOT = join(import.meta.dirname, '..', 'shared-limit');
const PATIENCE = 60_000;

interface Slots {
  readonly first: number;
  readonly every: number;
  readonly closedUntil: number;
}

declare const tab: { reserve(): Promise<Slots>; refuse(wait: number): Promise<unknown> };

describe.skipIf(executablePath === undefined)('five tabs', { timeout: PATIENCE }, () => {
  let server: ViteDevServer;
  let browser: Browser;
  let context: BrowserContext;
  let pages: Page[];

  beforeAll(async () => {
    server = await createServer({ root: ROOT, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
    await server.listen();
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] });
    context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE);
    const open = async () => {
      const page = await context.newPage();
      await page.goto(server.resolvedUrls!.local[0]!);
      await page.waitForFunction(() => 'tab' in globalThis);
      return page;
    };
    pages = [await open()]; // the first one decides for all
    pages.push(...(await Promise.all(Array.from({ length: 4 }, open))));
  }, 2 * PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('get different slots of one limit, ten a second', async () => {
    const slots: Slots[] = [];
    for (let n = 0; n < 20; n++) slots.push(await pages[n % 5]!.evaluate(() => tab.reserve()));
    const starts = slots.map(({ first }) => first);
    expect(slots.every(({ every }) => every === 0 || every >= 100)).toBe(true);
    for (let n = 5; n < 20; n++) expect(starts[n]! - starts[n - 5]!).toBeGreaterThan(350);
  });

  it('are all closed by a refusal that one of them met', async () => {
    await pages[2]!.evaluate(() => tab.refuse(40_000));
    const closed = await Promise.all(pages.map((page) => page.evaluate(() => tab.reserve())));
    const now = await pages[0]!.evaluate(() => Date.now());
    expect(closed.map(({ closedUntil }) => closedUntil > now + 10_000)).toEqual(Array(5).fill(true));
  });

  it('go on from what is known when the tab that decides is closed', async () => {
    await pages[0]!.close();
    const rest = await Promise.all(pages.slice(1).map((page) => page.evaluate(() => tab.reserve())));
    const now = await pages[1]!.evaluate(() => Date.now());
    expect(rest.map(({ closedUntil }) => closedUntil > now)).toEqual(Array(4).fill(true));
  });
});
