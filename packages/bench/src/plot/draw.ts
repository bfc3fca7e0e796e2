import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../publish.ts';
import { THEMES, type Theme } from './theme.ts';

/** Writes `docs/img/NAME-light.svg` and `NAME-dark.svg`. */
export function draw(name: string, chart: (theme: Theme) => string): void {
  const folder = join(ROOT, 'docs/img');
  mkdirSync(folder, { recursive: true });
  for (const [shade, theme] of Object.entries(THEMES)) {
    writeFileSync(join(folder, `${name}-${shade}.svg`), chart(theme));
  }
}
