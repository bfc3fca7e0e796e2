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
 * Starts a real HTTP server that plays a script. It can play faults that msw cannot: see `Fault`.
 *
 * `refuse` closes the port for all clients. In a list, the port closes as soon as the reply before `refuse` is sent. The
 * list continues at `restart()`, or after the `delay` of the `refuse` reply. If the script has no reply left or throws,
 * the response is a 599 with the message as its body, and `problem` of the recorded call is the error.
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
