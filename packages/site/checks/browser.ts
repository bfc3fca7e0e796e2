// What only a browser can say: accessibility by axe, whether pages fit a narrow screen, search, keys, and that nothing is
// asked of another host.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright';
import { findChromium } from '../../../scripts/chromium.ts';
import { DIST, fileOf } from '../serve.ts';

interface View {
  readonly name: string;
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
}

const VIEWS: readonly View[] = [
  { name: 'light', colorScheme: 'light', width: 1280 },
  { name: 'dark', colorScheme: 'dark', width: 1280 },
  { name: '390 px', colorScheme: 'light', width: 390 },
];
const PATHS = ['/', '/getting-started/', '/faq/', '/packages/retry/', '/benchmarks/', '/api/retry/', '/examples/'];
/** Advice beyond WCAG that Starlight does not follow: each box of code that scrolls is a region without a name of its own. */
const ACCEPTED = ['landmark-unique'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Everything that is wrong; says on the way what was looked at. */
export async function checkInBrowser(url: string): Promise<string[]> {
  const browser = await chromium.launch({
    executablePath: findChromium()!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  const faults: string[] = [];
  try {
    await Promise.all(VIEWS.map(async (view) => faults.push(...(await checkView(browser, url, view)))));
    faults.push(...(await checkKeys(browser, url)));
  } finally {
    await browser.close();
  }
  return faults;
}

async function checkView(browser: Browser, url: string, { name, width, colorScheme }: View): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme, locale: 'en-US' });
  const faults = watch(page, url);
  for (const path of PATHS) {
    await page.goto(url + path);
    faults.push(...(await faultsOf(page)).map((fault) => `${path} (${name}): ${fault}`));
  }
  console.log(`${name.padEnd(8)}${PATHS.length} pages looked at by axe`);
  await page.close();
  return faults;
}

/** Requests that leave the host, and errors of the page, from now on. */
function watch(page: Page, url: string): string[] {
  const faults: string[] = [];
  const { origin } = new URL(url);
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(origin)) faults.push(`asks ${request.url()}`);
  });
  page.on('pageerror', ({ message }) => faults.push(`${page.url()}: ${message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.url()} is ${response.status()}`);
  });
  return faults;
}

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  // Code that scrolls is made focusable when the page is idle.
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestIdleCallback(resolve), 300)));
  const violations = await page.evaluate(async (names) => {
    const rules = Object.fromEntries(names.map((name) => [name, { enabled: false }]));
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run({ rules });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 2).map(({ html }) => html)}`);
  }, ACCEPTED);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return [...violations, ...(wide > 0 ? [`is ${wide} px wider than the screen`] : [])];
}

interface Axe {
  run(options: object): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }>;
}

/** Search from the keyboard: opened, typed into, and followed to a page. */
async function checkKeys(browser: Browser, url: string): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 844 }, locale: 'en-US' });
  const faults = watch(page, url);
  await page.goto(`${url}/packages/retry/`);
  await page.keyboard.press('Tab');
  const first = await page.evaluate(() => document.activeElement?.textContent?.trim());
  if (first !== 'Skip to content') faults.push(`the first Tab leads to "${first}", not to "Skip to content"`);
  await page.locator('site-search button[data-open-modal]:enabled').waitFor();
  await page.keyboard.press('Control+k');
  await page.locator('.pagefind-ui__search-input:focus').waitFor();
  await page.keyboard.type('idempotency key');
  const result = page.locator('.pagefind-ui__result-link').first();
  await result.waitFor();
  faults.push(...(await faultsOf(page)).map((fault) => `search: ${fault}`));
  await result.focus();
  await Promise.all([page.waitForURL((to) => !to.pathname.endsWith('/packages/retry/')), page.keyboard.press('Enter')]);
  console.log(`keys    search leads to ${new URL(page.url()).pathname}`);
  if (fileOf(DIST, '/playground/')) {
    // it has tests of its own; here only whether it works where the site puts it
    await page.goto(`${url}/playground/`, { waitUntil: 'networkidle' });
    console.log('        the playground opens');
  }
  await page.close();
  return faults;
}
