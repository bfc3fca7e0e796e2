export type { Fault } from './fault.ts';
export type { RecordedRequest } from './recorder.ts';
export type { Reply, ReplyObject } from './reply.ts';
export type { Repeat, Script, ScriptFunction } from './script.ts';
export { type FaultyServer, type ServerOptions, startServer } from './start-server.ts';
