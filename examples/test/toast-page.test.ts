import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeAll, expect, it } from 'vitest';
import { describeSite, PATIENCE } from './support/site.ts';

/** How long the server of the page takes for an answer, in milliseconds. */
const ANSWER = 400;

describeSite('the page with a toast', 'toast', (site) => {
  const { errors } = site;
  let page: Page;

  beforeAll(async () => {
    page = await site.open();
    await page.clock.install({ time: 0 });
    await page.reload({ waitUntil: 'networkidle' });
    await page.clock.pauseAt(60_000); // from here on the time of the page passes by `runFor` alone
  }, PATIENCE);

  it('counts down, retries when it is told to, and leaves when the report is here', async () => {
    await page.getByRole('button', { name: 'Load a report' }).click();
    const toast = page.locator('.toast');

    await page.clock.runFor(ANSWER);
    await toast.getByText('Retrying in 3 s (2 of 3)').waitFor();
    await page.clock.runFor(1_000);
    await toast.getByText('Retrying in 2 s (2 of 3)').waitFor();
    await toast.getByRole('button', { name: 'Retry now' }).click();
    await toast.getByText('Retrying (2 of 3)').waitFor();
    await page.clock.runFor(ANSWER);
    await toast.getByText('Retrying in 3 s (3 of 3)').waitFor();
    await toast.getByRole('button', { name: 'Retry now' }).click();

    await page.clock.runFor(ANSWER);
    await page.getByText('The report 1 is here.').waitFor();
    expect(await toast.count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('ends a call that is cancelled, and cannot cut the time of the server short', async () => {
    await page.getByRole('button', { name: 'Load from a busy server' }).click();
    await page.clock.runFor(ANSWER);
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
    await page.clock.runFor(ANSWER);
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
