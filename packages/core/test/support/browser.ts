import { compose, type Fetch, observe, online, type SteadfetchEvent } from '@steadfetch/core';
import { manualClock, networkError } from '@steadfetch/testing';

/** A browser that says whether it is online, and whose network may be another matter. */
export function browser({ says = true, network = true } = {}) {
  const clock = manualClock();
  const target = new EventTarget();
  const listeners = { count: 0 };
  const state = { says, network };
  const sent: string[] = [];
  const server: Fetch = async (_input, init) => {
    sent.push(init?.method ?? 'GET');
    await clock.sleep(10);
    if (!state.network) throw networkError('ENETUNREACH');
    return new Response('fine');
  };
  const watched = {
    addEventListener: (...args: Parameters<EventTarget['addEventListener']>) => {
      listeners.count++;
      target.addEventListener(...args);
    },
    removeEventListener: (...args: Parameters<EventTarget['removeEventListener']>) => {
      listeners.count--;
      target.removeEventListener(...args);
    },
  };
  const events: SteadfetchEvent[] = [];
  const layer = online({ clock, target: watched, isOnline: () => state.says });
  const api = compose(
    observe((event) => events.push(event), { clock }),
    layer,
  )(server);
  const change = (says: boolean, network = says) => {
    Object.assign(state, { says, network });
    target.dispatchEvent(new Event(says ? 'online' : 'offline'));
  };
  const told = () =>
    events.flatMap((event) => (event.type === 'offline' ? [`${event.action} ${event.waiting}`] : [event.type]));
  return { api, change, clock, events, layer, listeners, sent, server, state, told };
}
