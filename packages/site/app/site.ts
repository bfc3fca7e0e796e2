import { existsSync, readFileSync } from 'node:fs';

/** Whether the playground is part of this site: it is built before the site is. */
export const hasPlayground: boolean = existsSync('./.public/playground/index.html');

interface Section {
  readonly title: string;
  readonly slugs: readonly string[];
}

/** The sections of the sidebar, as `prepare.ts` has written them. */
export const sections: readonly Section[] = JSON.parse(readFileSync('./.pages/sections.json', 'utf8'));

/** What an import weighs, by the README of its package, in thousands of bytes. */
export function sizeOf(folder: string, names: string): string {
  const readme = readFileSync(`../${folder}/README.md`, 'utf8');
  const [, size] = new RegExp(`\`${names}\` ([\\d.]+) kB`).exec(readme) ?? [];
  if (size === undefined) throw new Error(`packages/${folder}/README.md says no size of ${names}`);
  return String(Math.round(Number(size)));
}
