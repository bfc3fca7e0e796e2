// How soon the page can be used, and how long its longest task is while a run arrives, is played, zoomed, scrolled and filtered.
//
//   pnpm --filter @steadfetch/playground build && pnpm --filter @steadfetch/playground frames

import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { findChromium } from '../../../scripts/chromium.ts';
import { serve } from '../test/support/site.ts';

/** No task may keep a frame for longer, in milliseconds of work. */
const LONGEST = 50;
const READY = 1_000;
const PRESETS = ['forty-workers', 'one-429', 'storm'];

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  /** What of it the thread was at work for, in microseconds. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** The longest task of the page while something is done, in milliseconds: on the clock, and at work. */
async function longest(page: Page, what: () => Promise<void>): Promise<{ clock: number; work: number }> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  await what();
  await page.waitForTimeout(300);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const main = new Set(threads.map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith('RunTask') && main.has(`${pid} ${tid}`));
  const most = (read: (task: TraceEvent) => number | undefined) =>
    tasks.reduce((found, task) => Math.max(found, (read(task) ?? 0) / 1_000), 0);
  return { clock: most(({ dur }) => dur), work: most(({ tdur }) => tdur) };
}

/** When the first paint was, and when the controls were there, in milliseconds since the navigation. */
async function readiness(page: Page): Promise<{ paint: number; usable: number }> {
  await page.locator('#preset option').nth(1).waitFor({ state: 'attached' });
  return page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    usable: performance.getEntriesByName('usable')[0]?.startTime ?? performance.now(),
  }));
}

const ACTIONS: readonly (readonly [name: string, act: (page: Page) => Promise<void>])[] = [
  [
    'play',
    async (page) => {
      await page.getByRole('button', { name: 'play' }).click();
      await page.getByRole('button', { name: 'play' }).waitFor();
    },
  ],
  [
    'scrub',
    async (page) => {
      const slider = page.getByRole('slider', { name: 'instant' });
      for (let step = 0; step <= 20; step++) await slider.fill(String(step / 20));
    },
  ],
  [
    'zoom',
    async (page) => {
      for (const name of ['zoom in', 'zoom in', 'zoom out', 'show all of it']) {
        await page.getByRole('button', { name }).click();
        await page.waitForTimeout(100);
      }
    },
  ],
  [
    'scroll',
    async (page) => {
      await page.locator('.events').hover();
      for (let step = 0; step < 20; step++) await page.mouse.wheel(0, 4_000);
    },
  ],
  [
    'filter',
    async (page) => {
      await page.getByRole('searchbox', { name: 'filter events' }).fill('200');
      await page.getByRole('searchbox', { name: 'filter events' }).fill('');
    },
  ],
  [
    'hover',
    async (page) => {
      const { x, y, height } = (await page.locator('canvas.calls').boundingBox())!;
      for (let step = 0; step < 40; step++) await page.mouse.move(x + 300, y + (height * step) / 40);
    },
  ],
];

const site = await serve(join(import.meta.dirname, '../dist'));
const browser = await chromium.launch({
  executablePath: findChromium()!,
  args: ['--no-sandbox', '--disable-gpu'],
});
let isSlow = false;
for (const preset of PRESETS) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1_280, height: 900 } });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  await page.goto(`${site.url}#p=${preset}`);
  const { paint, usable } = await readiness(page);
  // while runs arrive, each is drawn as soon as it is there
  const arrival = await longest(page, () => page.getByText('lived through').waitFor());
  const all = await page.locator('.status').textContent();
  const events = await page.locator('.list .count').textContent();
  console.log(
    `${preset}: painted after ${paint.toFixed(0)} ms, usable after ${usable.toFixed(0)} ms, ${events}; ${all}`,
  );
  isSlow ||= usable > READY;
  for (const [name, act] of [['arrival', async () => {}] as const, ...ACTIONS]) {
    const { clock, work } = name === 'arrival' ? arrival : await longest(page, () => act(page));
    const at = (ms: number) => `${ms.toFixed(0).padStart(4)} ms`;
    console.log(`  ${name.padEnd(8)} longest task ${at(clock)}, of which at work ${at(work)}`);
    isSlow ||= work > LONGEST;
  }
  await context.close();
}
await browser.close();
await site.close();
console.log(isSlow ? `FAILED: a task above ${LONGEST} ms, or usable after more than ${READY} ms` : 'fine');
process.exitCode = isSlow ? 1 : 0;
