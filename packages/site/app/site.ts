import { existsSync, readFileSync } from 'node:fs';

/** Whether the playground is part of this site: it is built before the site is. */
export const hasPlayground: boolean = existsSync('./.public/playground/index.html');

interface Section {
  readonly title: string;
  readonly slugs: readonly string[];
}

/** The sections of the sidebar, as `prepare.ts` has written them. */
export const sections: readonly Section[] = JSON.parse(readFileSync('./.pages/sections.json', 'utf8'));
