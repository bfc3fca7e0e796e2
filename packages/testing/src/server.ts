export type { RecordedRequest } from './recorder.ts';
export type { Fault, Reply, ReplyObject } from './reply.ts';
export type { Repeat, Script, ScriptFunction } from './script.ts';
export { type FaultyServer, type ServerOptions, startServer } from './start-server.ts';
