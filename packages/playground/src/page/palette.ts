/** The colours of the charts, as the style sheet has them for the theme in force. */
export type Palette = Readonly<Record<(typeof COLOURS)[number], string>>;

const COLOURS = [
  'ink',
  'quiet',
  'line',
  'ok',
  'refused',
  'failed',
  'wait',
  'limit',
  'yours',
  'plain',
  'none',
  'paper',
] as const;

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette;
}

/** Calls back when the theme changes. */
export function onTheme(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}
