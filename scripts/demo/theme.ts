/** What a piece of text means; the theme knows how that looks. */
export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'warn' | 'bad' | 'mixed';

/** The characters that lines, waits and bars are made of. */
export interface Glyphs {
  readonly wait: string;
  readonly rule: string;
  readonly tick: string;
  /** Around the name of an attempt. */
  readonly block: readonly [left: string, right: string];
  /** Fills an attempt that took longer than its name is wide. */
  readonly fill: string;
  /** Bars of a chart from one step high to a whole cell. */
  readonly good: string;
  readonly bad: string;
}

export interface Theme {
  readonly glyphs: Glyphs;
  /** `block`: as a filled block. */
  paint(text: string, tone: Tone, block?: boolean): string;
}

/** For files, pipes and `NO_COLOR`: ASCII, no escapes. */
export const PLAIN: Theme = {
  glyphs: { wait: '.', rule: '-', tick: '+', block: ['[', ']'], fill: '=', good: ' :#', bad: ' .x' },
  paint: (text) => text,
};

const EIGHTHS = ' ▁▂▃▄▅▆▇█';
const CODES: Record<Tone, string> = {
  plain: '',
  strong: '1',
  quiet: '2',
  good: '32',
  warn: '33',
  bad: '31',
  mixed: '32;41',
};

/** For terminals. The sixteen colours of the user's own palette, so that it looks right on light and on dark. */
export const COLOUR: Theme = {
  glyphs: { wait: '·', rule: '─', tick: '┴', block: [' ', ' '], fill: ' ', good: EIGHTHS, bad: EIGHTHS },
  paint: (text, tone, block = false) => {
    const code = [CODES[tone], block ? '7' : ''].filter(Boolean).join(';');
    return code === '' ? text : `\x1b[${code}m${text}\x1b[0m`;
  },
};
