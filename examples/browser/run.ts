import {
  compose,
  defineMiddleware,
  equalJitter,
  exponential,
  idempotencyKey,
  type Middleware,
  type Outcome,
  retry,
} from 'steadfetch';
import { classifyError, settle, unwrap } from 'steadfetch/kit';
import type { CallView, Tone } from './call-view.ts';
import type { Scenario } from './scenarios.ts';

/** Makes the call of a scenario, and shows its progress. */
export async function run({ method = 'GET', keyed = false }: Scenario, url: string, view: CallView): Promise<void> {
  let reason: string | undefined;
  const steady = compose(
    keyed ? idempotencyKey() : asIs,
    retry({
      delay: equalJitter(exponential({ base: 700 })),
      hooks: {
        onRetry: ({ delay, delaySource }) => view.wait(delay, delaySource),
        onGiveUp: (event) => {
          reason = event.reason;
        },
      },
    }),
    watch(view),
  )(fetch);

  const { response } = await settle(steady(url, { method }));
  if (reason) view.end(`gave up: ${reason}`, 'warn');
  else view.end(response?.ok ? 'recovered' : 'failed', response?.ok ? 'good' : 'bad');
}

const asIs: Middleware = (next) => next;

/** Shows each attempt. It must be just inside `retry`. */
function watch(view: CallView): Middleware {
  return defineMiddleware(async (call, next) => {
    const show = view.attempt();
    const outcome = await settle(next(call));
    show(nameOf(outcome), toneOf(outcome));
    return unwrap(outcome);
  });
}

function nameOf({ response, error }: Outcome): string {
  return response ? String(response.status) : classifyError(error).kind;
}

function toneOf({ response }: Outcome): Tone {
  if (response?.ok) return 'good';
  return response && response.status < 500 ? 'warn' : 'bad';
}
