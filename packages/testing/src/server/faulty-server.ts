import type { RecordedRequest } from './recorder.ts';

/** For `await using`. An empty type if the user's TypeScript library has no `Symbol.asyncDispose` (before `esnext.disposable`). */
type Disposable = SymbolConstructor extends { readonly asyncDispose: infer Name extends symbol }
  ? { [Key in Name]: () => Promise<void> }
  : object;

/** A scripted server on 127.0.0.1. Close it with `close()` or `await using`. */
export interface FaultyServer extends Disposable {
  /** The address, with a slash at the end. */
  readonly url: string;
  /** The address without the slash. */
  readonly origin: string;
  /** The calls so far, in the order they came. A refused connection is no call. */
  readonly requests: readonly RecordedRequest[];
  /** The number of open connections. */
  readonly openSockets: number;
  /** The number of connections so far. */
  readonly connections: number;
  /** Destroys all connections and opens the same port again, also after `refuse`. */
  restart(): Promise<void>;
  /** Destroys all connections and closes the port. The script cannot open it again. */
  close(): Promise<void>;
}
