import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../../scripts/chromium.ts';
import { formatLink, readLink, sceneOf } from '../src/model/link.ts';
import { LISTED } from '../src/page/event-list.ts';
import { measured } from '../src/page/words.ts';
import { benchmarkOf, SHORT_SCENE } from './support/short-storm.ts';
import { type Site, serve } from './support/site.ts';

const executablePath = findChromium();
const VITE = join(dirname(fileURLToPath(import.meta.resolve('vite/package.json'))), 'bin/vite.js');
const PATIENCE = 60_000;
/** Before the editor is opened, minified and gzipped. */
const MOST_BYTES = 150_000;

describe.skipIf(executablePath === undefined)('the page', { timeout: PATIENCE }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'playground-'));
  let site: Site;
  let browser: Browser;
  let context: BrowserContext | undefined;
  const errors: string[] = [];

  beforeAll(async () => {
    // in a process of its own, which takes the packages from their sources without the test runner
    await promisify(execFile)(
      process.execPath,
      [VITE, 'build', '--logLevel', 'error', '--outDir', folder, '--emptyOutDir'],
      {
        cwd: join(import.meta.dirname, '..'),
      },
    );
    site = await serve(folder);
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] });
  }, PATIENCE);

  afterEach(async () => {
    await context?.close();
    expect(errors.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
    rmSync(folder, { recursive: true });
  });

  /** The page at a link, in a window of its own. */
  async function open(hash = '', options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    context = await browser.newContext({ locale: 'en-US', viewport: { width: 1_280, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE / 3);
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${site.url}${hash}`);
    return page;
  }

  it('shows the numbers of the benchmark of storms', async () => {
    const page = await open(await formatLink({ scene: SHORT_SCENE, code: 'retry()' }));
    const [ours, none] = await Promise.all(['steadfetch retry()', 'no retries'].map((name) => benchmarkOf(name)));

    for (const [way, report] of [
      ['yours', ours!],
      ['none', none!],
    ] as const) {
      expect(await shown(page, way)).toMatchObject({
        success: measured({ unit: 'share', value: report.ok / report.calls }),
        perCall: (report.sent / report.calls).toFixed(2),
        lost: report.bad.toLocaleString('en'),
        back: `${report.healthyAfter} ms`,
        calm: measured({ unit: 'share', value: report.calmSuccess }),
        down: report.sentPerCallDown!.toFixed(2),
      });
    }
  });

  it('composes a stack by keyboard alone, and the link restores it', async () => {
    const page = await open(await smallLink('compose(\n  retry(),\n)'));
    const before = await shown(page, 'yours');
    await tabTo(page, 'layer to add');
    await page.keyboard.type('rateLimit');
    await tabTo(page, 'add layer');
    await page.keyboard.press('Enter');
    await tabTo(page, '12 options, all at their defaults');
    await page.keyboard.press('Enter');
    await tabTo(page, 'layer-0-maxRetries');
    await page.keyboard.type('4');

    const code = async () => (await readLink(new URL(page.url()).hash)).state.code;
    await expect.poll(code).toBe('compose(\n  retry({ maxRetries: 4 }),\n  rateLimit(),\n)');
    await page.getByText('lived through').waitFor();
    const after = await shown(page, 'yours');
    const again = await open(new URL(page.url()).hash);
    expect(await again.locator('#layer-0-maxRetries').inputValue()).toBe('4');
    expect(after).not.toEqual(before);
    expect(await shown(again, 'yours')).toEqual(after);
  });

  it('tells the story of a call by the arrow keys, and plays by keyboard', async () => {
    const page = await open(await smallLink('retry()'));
    await shown(page, 'yours');

    await page.locator('canvas.calls').focus();
    await page.keyboard.press('ArrowDown');
    const story = await page.locator('.story-line').textContent();
    await page.getByRole('slider', { name: 'instant' }).focus();
    await page.keyboard.press('Home');
    const first = await page.locator('.list .count').textContent();
    await page.getByRole('button', { name: 'play' }).press('Enter');
    await page.getByRole('button', { name: 'pause' }).press('Enter');

    expect(story).toMatch(/^Call 1 at 0\.00 s: .*(succeeds|is lost) after/);
    expect(Number.parseInt(first!, 10)).toBeLessThan(5);
  });

  it('shows an error at its line, and ends code that does not', async () => {
    const page = await open(await smallLink('return compose(\n  retry(),\n  timeout(-1),\n);'));

    await page.getByText('line 3:').waitFor();
    const marks = page.locator('.cm-lintRange-error');
    await marks.first().waitFor({ state: 'attached' }); // it comes after the text
    expect(await marks.count()).toBeGreaterThan(0);
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      await smallLink('while (true);\nreturn retry();'),
    );
    await page.getByText('calls …').or(page.getByText('running …')).first().waitFor();
    const ended = page.getByRole('alert').filter({ hasText: 'did not end within 5 seconds' });
    await page.clock.fastForward(60_000); // as where the machine sleeps
    expect(await ended.count()).toBe(0);
    await page.clock.runFor(6_000);
    await ended.waitFor();
  });

  it('completes functions of the packages, and their options with what they mean', async () => {
    const page = await open(await smallLink('compose()'));
    await page.locator('#mode-code').check();
    const editor = page.locator('.cm-content');

    await editor.fill('');
    await editor.pressSequentially('rateL');
    await page.locator('.cm-tooltip-autocomplete').getByText('rateLimit', { exact: true }).click();
    await editor.pressSequentially('({ maxR');
    await page.locator('.cm-tooltip-autocomplete').getByText('maxResends').waitFor();

    expect(await page.locator('.cm-completionInfo').textContent()).toContain('How often a refused call is sent again');
  });

  it('gives code nothing but the packages, and no network', async () => {
    const page = await open(await smallLink(ESCAPE));
    site.asked.length = 0;

    const { success } = await shown(page, 'yours');

    expect(success).toBe('0.00 %');
    expect(site.asked.filter((path) => path.includes('escape'))).toEqual([]);
  });

  it('says what it does not understand of a link, and runs the default', async () => {
    const page = await open('#s=nonsense');

    await page.getByRole('alert').filter({ hasText: 'The link was not understood' }).waitFor();
    expect(await page.locator('#preset').inputValue()).toBe('forty-workers');
    await shown(page, 'yours');
    // of twenty thousand events only some are in the page
    expect(await page.locator('.events li').count()).toBeLessThanOrEqual(LISTED);
  });

  it('has no violation that axe finds, in light, dark and on a phone', async () => {
    const small = await smallLink('standard({ rateLimit: true })');
    for (const options of [
      {},
      { colorScheme: 'dark' },
      { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' },
    ] as const) {
      const page = await open(small, options);
      await shown(page, 'plain');
      await page.locator('.tables summary').click();
      if ('viewport' in options) await page.getByRole('button', { name: 'stack', exact: true }).click();
      await page.locator('.layers summary').first().click();
      expect(await violations(page)).toEqual([]);
      await page.locator('#mode-code').check();
      await page.locator('.cm-content').waitFor();
      // the rest of the page is the same
      expect(await violations(page, '.stack')).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await context!.close();
    }
  });

  it('names the chart of calls before there are any', async () => {
    const page = await open(await smallLink('while (true);\nreturn retry();'));

    await page.locator('canvas.calls').waitFor();

    expect(await page.locator('canvas.calls').getAttribute('aria-label')).toBe('calls');
  });

  it('weighs less than is allowed before the editor is opened, and asks for relative files alone', async () => {
    const page = await open('#p=order');
    await shown(page, 'plain');
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    const files = [
      'index.html',
      ...loaded.filter((url) => url.startsWith('http')).map((url) => url.slice(site.url.length)),
    ];

    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0);

    expect(bytes).toBeLessThan(MOST_BYTES);
    expect(files.some((file) => file.includes('code-editor'))).toBe(false);
    expect(readdirSync(join(folder, 'assets')).some((file) => file.includes('code-editor'))).toBe(true);
  });
});

/** Code that looks for a way out, and lets calls succeed if it finds one. */
const ESCAPE = `
const found = [];
for (const name of ['fetch', 'XMLHttpRequest', 'WebSocket', 'importScripts', 'indexedDB', 'caches', 'postMessage', 'navigator']) {
  if (Object.constructor('return typeof ' + name)() !== 'undefined') found.push(name);
}
return (next) => async (input, init) => {
  await import(/* @vite-ignore */ 'https://127.0.0.1/escape.js').then(() => found.push('import'), () => {});
  if (found.length === 0) throw new Error('no way out');
  return new Response('out');
};`;

/** A scene that is over in a moment. */
async function smallLink(code: string): Promise<string> {
  const server = { kind: 'bucket', rate: 20, burst: 5 };
  const scene = sceneOf({ server, load: { kind: 'open', perSecond: 40, lasts: 4_000 }, seed: 3 }, []);
  return formatLink({ scene, code });
}

/** The numbers of one way in the table, by measure, as soon as they are there. */
async function shown(page: Page, way: string): Promise<Record<string, string>> {
  await page.locator(`.summary td[data-way="${way}"]`).first().waitFor();
  return Object.fromEntries(
    await page
      .locator('.summary tbody tr')
      .evaluateAll(
        (rows, wanted) =>
          rows.map((row) => [
            (row as HTMLElement).dataset.measure!,
            row.querySelector(`[data-way="${wanted}"]`)!.firstChild!.textContent!,
          ]),
        way,
      ),
  );
}

/** Presses Tab until a control with this label, id or text has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let pressed = 0; pressed < 80; pressed++) {
    const focused = await page.evaluate(() => {
      const { id, ariaLabel, textContent } = document.activeElement!;
      return [id, ariaLabel, textContent];
    });
    if (focused.includes(name)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no control ${name} is reached by Tab`);
}

async function violations(page: Page, part = 'html'): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (within) => {
    const { run } = (globalThis as unknown as { axe: { run(part: string, options: object): Promise<Results> } }).axe;
    const { violations } = await run(within, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  }, part);
}

interface Results {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}
