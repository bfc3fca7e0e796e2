import { type Clock, systemClock } from '@steadfetch/core';
import { checkNames, clockOption } from '@steadfetch/core/kit';
import type { Repeat, Script } from '../script/script.ts';
import type { FaultyServer } from './faulty-server.ts';
import { LoopbackServer } from './loopback-server.ts';

export interface ServerOptions {
  /** What comes after the last reply of a list. @default 'last' */
  repeat?: Repeat;
  /** Drives delays, drips, the `Date` field and the times that are recorded. @default systemClock */
  clock?: Clock;
}

/**
 * Starts a real HTTP server that plays a script, for what msw cannot do: see `Fault`.
 *
 * A port is closed for all: with `refuse` next in a list, no connection is taken once the reply before it is sent, and
 * the list goes on at `restart()`, or by itself after the `delay` of that reply. A script that has no reply left, or
 * throws, answers 599 with the message as its body; `problem` of the recorded call says why.
 *
 * @example
 * await using server = await startServer([{ fault: 'reset' }, { fault: 'truncate', body: 'half' }, 200]);
 * await fetch(server.url);
 */
export async function startServer(script: Script, options: ServerOptions = {}): Promise<FaultyServer> {
  checkNames('startServer', options, ['repeat', 'clock']);
  const { repeat = 'last', clock = systemClock } = options;
  clockOption.check('startServer: clock', clock);
  const server = new LoopbackServer(script, repeat, clock);
  await server.restart();
  return server;
}
