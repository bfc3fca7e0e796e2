import { fakeFetch, instantClock, type Script } from '@steadfetch/testing';
import {
  type CircuitHooks,
  circuitBreaker,
  compose,
  observe,
  type RetryHooks,
  retry,
  type SteadfetchEvent,
} from 'steadfetch';
import { consecutive } from 'steadfetch/kit';
import { describe, expect, it } from 'vitest';

type Members = Record<string, unknown>;

/** What hook and event share, by the names of the event. */
function asEvent({ delay, delaySource, ...same }: Members): Members {
  return {
    ...same,
    ...(delay !== undefined && { ms: delay }),
    ...(delaySource !== undefined && { source: delaySource }),
  };
}

async function toldBy(script: Script, maxRetries = 2) {
  const [hooks, events]: [Members[], SteadfetchEvent[]] = [[], []];
  const note = (hook: object) => void hooks.push(asEvent(hook as Members));
  const observers: RetryHooks & CircuitHooks = { onRetry: note, onGiveUp: note, onRecover: note };
  const clock = instantClock();
  const options = { clock, random: () => 0, delay: () => 100, maxRetries, hooks: observers };
  await compose(
    observe((event) => events.push(event), { clock }),
    retry(options),
  )(fakeFetch(script))('https://api.test/x', {
    headers: { 'idempotency-key': '"k"' },
  });
  return { hooks, events: events.filter(({ type }) => ['wait', 'give-up', 'recover'].includes(type)) };
}

describe('the hooks of retry', () => {
  it.each<[string, Script]>([
    ['a retry and a recovery', [{ status: 503, headers: { 'retry-after': '1' } }, 200]],
    ['a retry and a give-up', [{ error: 'ECONNRESET' }, 503, 503]],
    ['a give-up that names the wait it did not take', [{ status: 429, headers: { 'retry-after': '90' } }]],
  ])('have the members of their events: %s', async (_, script) => {
    const { hooks, events } = await toldBy(script);

    expect(hooks.length).toBeGreaterThan(0);
    expect(events).toHaveLength(hooks.length);
    events.forEach((event, n) => void expect(event).toMatchObject(hooks[n]!));
  });

  it('of one call are called after those of the instance', async () => {
    const told: string[] = [];
    const hooks = (name: string) => ({ onRetry: () => void told.push(name) });
    const fetch = retry({ clock: instantClock(), hooks: hooks('instance') })(fakeFetch([503, 200, 503, 200]));

    await fetch('https://api.test/', { retry: { hooks: [hooks('call'), hooks('call too')] } });
    await fetch('https://api.test/', { retry: { maxRetries: 1 } });

    expect(told).toEqual(['instance', 'call', 'call too', 'instance']);
  });
});

describe('the hooks of circuitBreaker', () => {
  it('have the members of their events', async () => {
    const [hooks, events]: [object[], SteadfetchEvent[]] = [[], []];
    const note = (circuit: object) => void hooks.push(circuit);
    const clock = instantClock();
    const breaker = circuitBreaker({
      rule: consecutive(1),
      openFor: () => 100,
      clock,
      hooks: { onOpen: note, onHalfOpen: note, onClose: note },
    });
    const fetch = compose(
      observe((event) => events.push(event), { clock }),
      breaker,
    )(fakeFetch([503, 200]));

    await fetch('https://api.test/');
    clock.advance(100);
    await fetch('https://api.test/');

    const circuits = events.filter(({ type }) => type === 'circuit');
    expect(circuits.map((event) => (event as { action?: string }).action)).toEqual(['opened', 'probe', 'closed']);
    circuits.forEach((event, n) => {
      const { probes, retryAfter, lastAnswer, ...same } = hooks[n] as Members;
      expect(event).toMatchObject(same);
    });
  });
});
