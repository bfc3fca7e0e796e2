import { compose, observe, online, type SteadfetchEvent } from '@steadfetch/core';
import { manualClock } from '@steadfetch/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

const URL = `${location.origin}/package.json`;

function setOnLine(says: boolean): void {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(says);
  window.dispatchEvent(new Event(says ? 'online' : 'offline'));
}

afterEach(() => void vi.restoreAllMocks());

describe('online in a browser', () => {
  it('waits while navigator.onLine is false, until the online event', async () => {
    const clock = manualClock();
    const events: SteadfetchEvent[] = [];
    let isCut = true;
    const api = compose(
      observe((event) => events.push(event)),
      online({ clock }),
    )((input, init) => (isCut ? Promise.reject(new TypeError('Failed to fetch')) : fetch(input, init)));
    setOnLine(false);
    const call = api(URL);
    await vi.waitUntil(() => events.some((event) => event.type === 'offline' && event.action === 'wait'));

    isCut = false;
    setOnLine(true);

    expect(await (await call).json()).toHaveProperty('name');
    const actions = events.flatMap((event) => (event.type === 'offline' ? [event.action] : []));
    expect(actions).toEqual(['probe', 'wait', 'released']);
    expect(clock.pending).toBe(0);
  });

  it('detects that navigator.onLine is wrong', async () => {
    setOnLine(false);
    const api = online({ clock: manualClock() })(fetch);

    const answers = await Promise.all([api(URL), api(URL)]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    setOnLine(true);
  });

  it('passes calls through while it is online', async () => {
    expect((await online()(fetch)(URL)).status).toBe(200);
  });
});
