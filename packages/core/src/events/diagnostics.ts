import type { Call } from '../call/call.ts';
import { callIdOf } from '../call/call-record.ts';
import { metaOf } from '../call/meta.ts';
import { redactUrl } from '../call/origin.ts';
import { defineMiddleware, toNext } from '../chain/define-middleware.ts';
import type { Middleware } from '../chain/fetch.ts';
import { systemClock } from '../time/clock.ts';
import { observeBy, withObserverOf } from './observe.ts';

/** The context that subscribers of both channels get. Node adds `result` or `error`. */
export interface DiagnosticsContext {
  readonly callId: number;
  readonly method: string;
  /** Without credentials, query and fragment. */
  readonly url: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly meta?: unknown;
}

/** The members of Node's `TracingChannel` that we use. */
interface Channel extends Partial<Record<(typeof PARTS)[number], { readonly hasSubscribers: boolean }>> {
  /** Missing in Bun. */
  readonly hasSubscribers?: boolean;
  tracePromise<T>(run: () => Promise<T>, context: object): Promise<T>;
}

const PARTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

/** Whether the channel, or one of its parts, has a subscriber. */
function hasSubscribers(channel: Channel): boolean {
  return channel.hasSubscribers ?? PARTS.some((part) => channel[part]?.hasSubscribers);
}

declare const process:
  | { getBuiltinModule?(name: string): { tracingChannel?(name: string): Channel } | undefined }
  | undefined;

/**
 * Publishes calls and attempts to the tracing channels `steadfetch.call` and `steadfetch.attempt` of `node:diagnostics_channel`, each with a
 * `DiagnosticsContext`. Put it first, also before `observe`.
 *
 * Passes calls through if there is no such module, as in browsers. Without subscribers a call costs two checks of a boolean. If a foreign
 * wrapper separates our layers, the attempt of the layers outside it contains the attempts inside.
 */
export function diagnostics(): Middleware {
  const tracing = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:diagnostics_channel');
  const calls = tracing?.tracingChannel?.('steadfetch.call');
  const attempts = tracing?.tracingChannel?.('steadfetch.attempt');
  if (!calls || !attempts) return passThrough;
  const around = (call: Call, send: () => Promise<Response>) =>
    hasSubscribers(attempts) ? attempts.tracePromise(send, contextOf(call)) : send();
  const observed = observeBy({ listener: () => {}, clock: systemClock, around }, 'diagnostics');
  return (next) => {
    const traced = toNext(observed(next));
    const layer = defineMiddleware((call, untraced) => {
      if (hasSubscribers(calls)) return calls.tracePromise(() => traced(call), contextOf(call));
      return hasSubscribers(attempts) ? traced(call) : untraced(call);
    });
    return withObserverOf(layer(next), next);
  };
}

/** The layer for runtimes without channels. It keeps the observers of the fetch inside. */
const passThrough: Middleware = (next) =>
  withObserverOf(defineMiddleware((call, next) => next(call), 'diagnostics')(next), next);

function contextOf(call: Call): DiagnosticsContext {
  const { record, method, url } = call;
  const { meta = metaOf(call), resends } = record;
  const context = { callId: callIdOf(record), method, url: redactUrl(url), attempt: call.attempt + resends };
  return meta === undefined ? context : { ...context, meta };
}
