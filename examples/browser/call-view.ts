export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

/** One row: attempts and waits on a track, and the outcome of the call. */
export interface CallView {
  /** Begins an attempt and returns the function that ends it. */
  attempt(): (name: string, tone: Tone) => void;
  wait(delay: number, source: string): void;
  end(text: string, tone: Tone): void;
}

/** The duration that the whole track shows, in milliseconds. */
export const SPAN = 4_000;

export function callView(list: HTMLElement, title: string): CallView {
  const row = element('li', 'call');
  const track = element('div', 'track');
  const outcome = element('output', 'outcome quiet', 'calling …');
  row.append(element('h2', 'title', title), track, outcome);
  list.prepend(row);
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;

  const grow = (part: HTMLElement, start: number, end: () => number | undefined) => {
    part.style.left = percent(start);
    track.append(part);
    const frame = () => {
      part.style.width = percent((end() ?? elapsed()) - start);
      if (end() === undefined) requestAnimationFrame(frame);
    };
    frame();
  };

  return {
    attempt: () => {
      const part = element('span', 'attempt quiet', '…');
      let end: number | undefined;
      grow(part, elapsed(), () => end);
      return (name, tone) => {
        end = elapsed();
        part.className = `attempt ${tone}`;
        part.textContent = name;
      };
    },
    wait: (delay, source) => {
      const start = elapsed();
      const part = element('span', 'wait', `${source} ${Math.round(delay)} ms`);
      grow(part, start, () => (elapsed() - start >= delay ? start + delay : undefined));
    },
    end: (text, tone) => {
      outcome.className = `outcome ${tone}`;
      outcome.textContent = text;
    },
  };
}

/** The seconds above the tracks. */
export function drawAxis(axis: HTMLElement): void {
  for (let time = 0; time <= SPAN; time += 1_000) {
    const tick = element('span', 'tick', time === 0 ? '0' : `${time / 1_000} s`);
    tick.style.left = percent(time);
    axis.append(tick);
  }
}

function percent(time: number): string {
  return `${Math.min(100, (100 * time) / SPAN)}%`;
}

function element(name: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
