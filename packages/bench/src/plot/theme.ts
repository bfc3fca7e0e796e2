/** The colours of a picture on a light or a dark page. */
export interface Theme {
  background: string;
  ink: string;
  faint: string;
  grid: string;
  band: string;
  accent: string;
  /** For all that stands beside the accent, told apart by their labels. */
  others: readonly string[];
}

export const THEMES: Readonly<Record<'light' | 'dark', Theme>> = {
  light: {
    background: '#ffffff',
    ink: '#1f2328',
    faint: '#656d76',
    grid: '#e6e8eb',
    band: '#f4f0ea',
    accent: '#0969da',
    others: ['#a0522d', '#8c6a1f', '#6b7c3f', '#7a5c8a', '#b0506b', '#5b7f86'],
  },
  dark: {
    background: '#0d1117',
    ink: '#e6edf3',
    faint: '#8d96a0',
    grid: '#232a33',
    band: '#1b1d22',
    accent: '#58a6ff',
    others: ['#d99a6c', '#cfae5c', '#a5b878', '#b99ccc', '#e08fa5', '#8fb7be'],
  },
};

/** The colour of each line. */
export function inks(lines: readonly { accent?: boolean }[], { accent, others }: Theme): string[] {
  let plain = 0;
  return lines.map((line) => (line.accent ? accent : others[plain++ % others.length]!));
}
