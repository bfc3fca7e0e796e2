import type { Call } from '../call/call.ts';
import { callIdOf } from '../call/call-record.ts';
import { metaOf } from '../call/meta.ts';
import { redactUrl } from '../call/origin.ts';
import { defineMiddleware, toNext } from '../chain/define-middleware.ts';
import type { Middleware } from '../chain/fetch.ts';
import { systemClock } from '../time/clock.ts';
import { observeBy, withObserverOf } from './observe.ts';

/** What subscribers of both channels get; Node adds `result` or `error`. */
export interface DiagnosticsContext {
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly meta?: unknown;
}

/** A `TracingChannel` of Node, as far as it is used. */
interface Channel extends Partial<Record<(typeof PARTS)[number], { readonly hasSubscribers: boolean }>> {
  /** Missing in Bun. */
  readonly hasSubscribers?: boolean;
  tracePromise<T>(run: () => Promise<T>, context: object): Promise<T>;
}

const PARTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

function isHeard(channel: Channel): boolean {
  return channel.hasSubscribers ?? PARTS.some((part) => channel[part]?.hasSubscribers);
}

declare const process:
  | { getBuiltinModule?(name: string): { tracingChannel?(name: string): Channel } | undefined }
  | undefined;

/**
 * Publishes calls and attempts to `node:diagnostics_channel`, as the tracing channels `steadfetch.call` and
 * `steadfetch.attempt`, each with a `DiagnosticsContext`: put it first, also before `observe`.
 *
 * Where there is no such module, as in browsers, it passes calls through. Without subscribers a call costs two booleans. Where a
 * foreign wrapper has our layers inside, the attempt of the layers outside contains the attempts inside.
 */
export function diagnostics(): Middleware {
  const tracing = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:diagnostics_channel');
  const calls = tracing?.tracingChannel?.('steadfetch.call');
  const attempts = tracing?.tracingChannel?.('steadfetch.attempt');
  if (!calls || !attempts) return passing;
  const around = (call: Call, send: () => Promise<Response>) =>
    isHeard(attempts) ? attempts.tracePromise(send, contextOf(call)) : send();
  const observed = observeBy({ listener: () => {}, clock: systemClock, around }, 'diagnostics');
  return (next) => {
    const traced = toNext(observed(next));
    const layer = defineMiddleware((call, untraced) => {
      if (isHeard(calls)) return calls.tracePromise(() => traced(call), contextOf(call));
      return isHeard(attempts) ? traced(call) : untraced(call);
    });
    return withObserverOf(layer(next), next);
  };
}

/** The layer where there are no channels. It keeps the observers of the fetch inside. */
const passing: Middleware = (next) =>
  withObserverOf(defineMiddleware((call, next) => next(call), 'diagnostics')(next), next);

function contextOf(call: Call): DiagnosticsContext {
  const { record, method, url } = call;
  const { meta = metaOf(call), resends } = record;
  const said = { callId: callIdOf(record), method, url: redactUrl(url), attempt: call.attempt + resends };
  return meta === undefined ? said : { ...said, meta };
}
