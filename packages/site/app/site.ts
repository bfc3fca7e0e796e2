import { existsSync } from 'node:fs';

/** Whether the playground is part of this site: it is built before the site is. */
export const hasPlayground: boolean = existsSync('./.public/playground/index.html');
