import type { Theme, Tone } from './theme.ts';

interface Cell {
  char: string;
  tone: Tone;
  block: boolean;
}

/** One line of a drawing: text is put at columns, and what does not fit is cut off. */
export class Line {
  readonly #cells: (Cell | undefined)[];

  constructor(width: number) {
    this.#cells = Array.from({ length: width });
  }

  put(column: number, text: string, tone: Tone = 'plain', block = false): this {
    [...text].forEach((char, index) => {
      const at = column + index;
      if (at >= 0 && at < this.#cells.length) this.#cells[at] = { char, tone, block };
    });
    return this;
  }

  paint(theme: Theme): string {
    const last = this.#cells.findLastIndex((cell) => cell !== undefined && (cell.char !== ' ' || cell.block));
    let line = '';
    for (let start = 0; start <= last; ) {
      const run = this.#cells[start];
      let end = start + 1;
      while (end <= last && isAlike(this.#cells[end], run)) end++;
      const text = this.#cells
        .slice(start, end)
        .map((cell) => cell?.char ?? ' ')
        .join('');
      line += run ? theme.paint(text, run.tone, run.block) : text;
      start = end;
    }
    return line;
  }
}

function isAlike(a: Cell | undefined, b: Cell | undefined): boolean {
  return a?.tone === b?.tone && a?.block === b?.block;
}
