import { type Clock, systemClock } from '@steadfetch/core';
import { checkClock, checkNames } from '@steadfetch/core/kit';
import { LoopbackServer } from './loopback-server.ts';
import type { RecordedRequest } from './recorder.ts';
import type { Repeat, Script } from './script.ts';

export interface ServerOptions {
  /** What comes after the last reply of a list. @default 'last' */
  repeat?: Repeat;
  /** Drives delays, drips, the `Date` field and the times that are recorded. @default systemClock */
  clock?: Clock;
}

/** For `await using`. Nothing where the TypeScript library of the user does not know it yet (before `esnext.disposable`). */
type Disposable = SymbolConstructor extends { readonly asyncDispose: infer Name extends symbol }
  ? { [Key in Name]: () => Promise<void> }
  : object;

/** A server on 127.0.0.1 that fails the way servers fail. It closes by `close()`, or at the end of `await using`. */
export interface FaultyServer extends Disposable {
  /** Its address, with a slash at the end. */
  readonly url: string;
  /** Its address, without. */
  readonly origin: string;
  /** The calls so far, in the order they came. A refused one never comes. */
  readonly requests: readonly RecordedRequest[];
  /** How many connections are open now. */
  readonly openSockets: number;
  /** How many connections there have been. */
  readonly connections: number;
  /** Cuts all connections and opens the same port again, also after a `refuse`. */
  restart(): Promise<void>;
  /** Cuts all connections and closes the port, which stays closed whatever the script decides. */
  close(): Promise<void>;
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
  checkClock('startServer', clock);
  const server = new LoopbackServer(script, repeat, clock);
  await server.restart();
  return server;
}
