import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe } from 'vitest';
import { findChromium } from '../../../scripts/chromium.ts';

const executablePath = findChromium();

/** Finding and bundling what a page imports takes a while, the first time. */
export const PATIENCE = 60_000;

/** The pages in a folder of the examples, served and opened in Chromium. */
export class Site {
  /** What the pages have thrown. */
  readonly errors: string[] = [];
  readonly #folder: string;
  #server: ViteDevServer | undefined;
  #browser: Browser | undefined;
  #context: BrowserContext | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<void> {
    const examples = join(import.meta.dirname, '../..');
    this.#server = await createServer({
      root: join(examples, this.#folder),
      cacheDir: join(examples, 'node_modules/.vite', this.#folder), // each page has dependencies of its own
      logLevel: 'error',
      server: { host: '127.0.0.1', port: 0 },
    });
    await this.#server.listen();
    this.#browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-gpu'],
    });
    this.#context = await this.#browser.newContext();
    this.#context.setDefaultTimeout(PATIENCE);
  }

  async open(): Promise<Page> {
    const page = await this.#context!.newPage();
    page.on('pageerror', (error) => this.errors.push(error.message));
    // a dependency that is found late makes the server load the page again
    await page.goto(this.#server!.resolvedUrls!.local[0]!, { waitUntil: 'networkidle' });
    return page;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.close();
  }
}

/** Tests of the pages in a folder of the examples; skipped where there is no Chromium. */
export function describeSite(name: string, folder: string, tests: (site: Site) => void): void {
  describe.skipIf(executablePath === undefined)(name, { timeout: PATIENCE }, () => {
    const site = new Site(folder);
    beforeAll(() => site.start(), 2 * PATIENCE);
    afterAll(() => site.close());
    tests(site);
  });
}
