import { setTimeout as sleep } from 'node:timers/promises';
import { COLOUR, PLAIN, type Theme } from './theme.ts';

/** Where the demo is shown. */
export interface Terminal {
  readonly theme: Theme;
  readonly width: number;
  print(...lines: string[]): void;
  /** Draws until the work is done: again and again in place on a terminal, otherwise once at the end. */
  animate(draw: () => string[], work: Promise<unknown>): Promise<void>;
}

type Output = Pick<NodeJS.WriteStream, 'write'> & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>>;

const FRAME = 60;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

export function terminalOf(output: Output, env: NodeJS.ProcessEnv): Terminal {
  const fancy = output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const width = Math.min(110, Math.max(76, output.columns || Number(env.COLUMNS) || 100));
  const print = (...lines: string[]) => void output.write(lines.map((line) => `${line}\n`).join(''));
  return {
    theme: fancy ? COLOUR : PLAIN,
    width,
    print,
    animate: async (draw, work) => {
      const room = (output.rows ?? 0) - 1;
      const fits = draw().length <= room && (output.columns ?? 0) >= width;
      if (fancy && fits) return redraw(draw, work, { output, room });
      await work;
      print(...draw());
    },
  };
}

async function redraw(
  draw: () => string[],
  work: Promise<unknown>,
  { output, room }: { output: Output; room: number },
): Promise<void> {
  let working = true;
  const done = work.finally(() => {
    working = false;
  });
  let height = 0;
  const frame = (lines: readonly string[]) => {
    const up = height > 0 ? `\x1b[${height}A` : '';
    output.write(`${up}${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
    height = lines.length;
  };
  const restore = () => void output.write(SHOW_CURSOR);
  const interrupt = () => process.exit(130);
  process.once('exit', restore).once('SIGINT', interrupt);
  output.write(HIDE_CURSOR);
  while (working) {
    frame(draw().slice(0, room));
    await Promise.race([sleep(FRAME), done]);
  }
  frame(draw());
  process.off('exit', restore).off('SIGINT', interrupt);
  restore();
}
