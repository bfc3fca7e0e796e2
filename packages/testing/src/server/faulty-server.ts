import type { RecordedRequest } from './recorder.ts';

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
