import type { Script } from '@steadfetch/testing';
import type { Clock, Random } from 'steadfetch';
import type { ClientMaker, Init } from '../clients.ts';
import { Line } from '../line.ts';
import type { Terminal } from '../terminal.ts';
import { drawTimeline } from '../timeline.ts';
import type { Trace } from '../trace.ts';
import { type Tracer, tracer } from '../tracer.ts';

/** Where scenes are shown, and where time and chance come from. */
export interface Stage {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly random: Random;
}

/** One call and what its server does with it. */
export interface Part {
  readonly title: string;
  readonly script: Script;
  readonly init?: Init;
}

/** A call that is ready to be made. */
export interface Play {
  readonly title: string;
  call(tracer: Tracer): Promise<Response>;
}

/** Makes all calls at once, and draws them as they go, under a heading that names the client and the server. */
export async function play(
  { terminal, clock }: Stage,
  { client, server, span, plays }: { client: string; server: string; span: number; plays: readonly Play[] },
): Promise<Trace[]> {
  const calls = plays.map(({ title, call }) => ({ tracer: tracer(title, clock), call }));
  const { theme, width } = terminal;
  const heading = new Line(width)
    .put(0, client, 'strong')
    .put(client.length + 2, server, 'quiet')
    .paint(theme);
  const draw = () => {
    const rows = calls.map(({ tracer }) => ({ trace: tracer.trace(), elapsed: tracer.elapsed() }));
    return [heading, ...drawTimeline(rows, { theme, width, span }), ''];
  };
  await terminal.animate(draw, Promise.all(calls.map(({ tracer, call }) => tracer.run(() => call(tracer)))));
  return calls.map(({ tracer }) => tracer.trace());
}

/** The call that a client makes to `url`. */
export function playOf({ title, init }: Part, url: string, client: ClientMaker, { clock, random }: Stage): Play {
  return { title, call: (tracer) => client(tracer, { clock, random })(url, init) };
}
