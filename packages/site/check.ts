// Checks the built site: its links, and in Chromium its accessibility, its width on a phone, its search.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkInBrowser } from './checks/browser.ts';
import { checkLinks } from './checks/links.ts';
import { DIST, fileOf, serve } from './serve.ts';

const base = `/${process.env.SITE_BASE ?? ''}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
const { faults, count } = checkLinks(DIST, base);
console.log(`${count} links of the site, ${faults.length} lead nowhere`);
for (const [, path = ''] of readFileSync(join(DIST, 'llms.txt'), 'utf8').matchAll(/\]\(([^)]*)\)/g)) {
  if (!path.startsWith(`${base}/`) || fileOf(DIST, path.slice(base.length)) === undefined)
    faults.push(`llms.txt: ${path}: there is no such page`);
}
const site = await serve(base);
faults.push(...(await checkInBrowser(site.url)));
await site.close();
for (const fault of faults) console.error(fault);
console.log(`site: ${faults.length} faults`);
process.exitCode = Math.min(faults.length, 1);
