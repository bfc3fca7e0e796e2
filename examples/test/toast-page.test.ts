import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../scripts/chromium.ts';

const executablePath = findChromium();
const ROOT = join(import.meta.dirname, '..', 'toast');

/** Finding and bundling what the page imports takes a while, the first time. */
const PATIENCE = 30_000;

describe.skipIf(executablePath === undefined)('the page with a toast', { timeout: PATIENCE }, () => {
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

  it('counts down, retries when it is told to, and leaves when the report is here', async () => {
    await page.getByRole('button', { name: 'Load a report' }).click();
    const toast = page.locator('.toast');

    await toast.getByText('Retrying in 3 s (2 of 3)').waitFor();
    await toast.getByText('Retrying in 2 s (2 of 3)').waitFor();
    await toast.getByRole('button', { name: 'Retry now' }).click();
    await toast.getByText('Retrying (2 of 3)').waitFor();
    await toast.getByText('Retrying in 3 s (3 of 3)').waitFor();
    await toast.getByRole('button', { name: 'Retry now' }).click();

    await page.getByText('The report 1 is here.').waitFor();
    expect(await toast.count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('ends a call that is cancelled, and cannot cut the time of the server short', async () => {
    await page.getByRole('button', { name: 'Load from a busy server' }).click();
    const toast = page.locator('.toast');
    await toast.getByText('(2 of 3)').waitFor();

    expect(await toast.getByRole('button', { name: 'Retry now' }).isDisabled()).toBe(true);
    await toast.getByRole('button', { name: 'Cancel' }).click();

    await page.getByText('Report 2: The call was cancelled while it waited').waitFor();
    expect(await toast.count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('fits a narrow screen', async () => {
    await page.setViewportSize({ width: 390, height: 700 });
    await page.getByRole('button', { name: 'Load a report' }).click();
    await page.locator('.toast').waitFor();

    const tops = await page
      .locator('.toast button')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()));

    expect(tops[0]!.top).toBe(tops[1]!.top);
    expect(Math.max(...tops.map(({ right }) => right))).toBeLessThanOrEqual(390);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.locator('.toast').getByRole('button', { name: 'Cancel' }).click();
  });

  it('waits while Chromium is offline, with online() in its stack', async () => {
    const core = `/@fs${join(import.meta.dirname, '../../packages/core/src/index.ts')}`;
    const content = `
      import { compose, observe, online } from '${core}';
      window.told = [];
      const listener = (event) => event.type === 'offline' && told.push(event.action);
      const api = compose(observe(listener), online())(fetch);
      window.begin = () => { window.call = api('/style.css').then(({ status }) => status); };`;
    await page.addScriptTag({ type: 'module', content });
    await page.waitForFunction('window.begin');
    await page.context().setOffline(true);
    await page.evaluate('begin()');
    await page.waitForFunction("told.includes('wait')");

    await page.context().setOffline(false);

    expect(await page.evaluate('call')).toBe(200);
    expect(await page.evaluate('told')).toEqual(['probe', 'wait', 'released']);
  });
});
