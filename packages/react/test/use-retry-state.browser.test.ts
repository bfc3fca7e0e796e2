import { compose, type Fetch, observe } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import { fakeFetch, manualClock } from '@steadfetch/testing';
import { act, createElement, type ReactElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RetryStore, retryStore, useRetryState } from '../src/index.ts';

const URL = 'https://api.test/x';

/** The text of the toast. */
function Toast({ retries }: { retries: RetryStore }) {
  return useRetryState(retries).map(({ callId, seconds, attempt, maxAttempts, cancel, retryNow }) =>
    createElement(
      'output',
      { key: callId },
      `retrying in ${seconds} s (${attempt} of ${maxAttempts})`,
      createElement('button', { id: 'cancel', type: 'button', onClick: cancel }, 'Cancel'),
      createElement('button', { id: 'now', type: 'button', onClick: retryNow }, 'Retry now'),
    ),
  );
}

const roots: (() => void)[] = [];

function setUp(answer: Fetch = fakeFetch(503)) {
  const clock = manualClock();
  const retries = retryStore({ clock });
  const api = compose(observe(retries, { clock }), retry({ clock, delay: () => 3_000 }))(answer);
  const host = document.body.appendChild(document.createElement('div'));
  const root = createRoot(host);
  const leave = () => act(async () => root.unmount());
  roots.push(() => host.remove());
  const show = (page: ReactElement) => act(async () => root.render(createElement(StrictMode, null, page)));
  const render = () => show(createElement(Toast, { retries }));
  const hide = () => show(createElement('p'));
  const text = () => host.querySelector('output')?.firstChild?.textContent;
  const click = (id: string) => act(async () => host.querySelector<HTMLElement>(`#${id}`)!.click());
  const advance = (ms: number) => act(() => clock.advance(ms));
  return { advance, api, click, clock, hide, leave, render, retries, text };
}

beforeAll(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});

afterEach(() => {
  for (const remove of roots.splice(0)) remove();
});

describe('useRetryState in a browser, in StrictMode', () => {
  it('counts down, shows the next wait, and disappears', async () => {
    const { advance, api, clock, render, text, leave } = setUp(fakeFetch([503, 503, 200]));
    await render();
    const call = api(URL);

    await advance(0);
    expect(text()).toBe('retrying in 3 s (2 of 3)');
    await advance(1_000);
    expect(text()).toBe('retrying in 2 s (2 of 3)');
    await advance(2_000);
    expect(text()).toBe('retrying in 3 s (3 of 3)');
    await advance(3_000);
    expect(text()).toBeUndefined();
    expect((await call).status).toBe(200);
    expect(clock.pending).toBe(0);
    await leave();
  });

  it('cancels and retries now by buttons, which pass their events as arguments', async () => {
    const { advance, api, click, render, text, leave } = setUp(fakeFetch([503, 503, 200]));
    await render();
    const call = api(URL);
    await advance(0);

    await click('now');
    await advance(0);
    expect(text()).toBe('retrying in 3 s (3 of 3)');
    await click('cancel');

    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(text()).toBeUndefined();
    await leave();
  });

  it('shows a wait that started before the component was mounted', async () => {
    const { advance, api, clock, render, text, leave } = setUp(fakeFetch([503, 200]));
    const call = api(URL);
    await clock.advance(1_500);

    await render();
    expect(text()).toBe('retrying in 2 s (2 of 3)');
    await advance(1_500);
    await call;
    await leave();
  });

  it('leaves no timer and ends no call if it is unmounted during a wait', async () => {
    const { advance, api, clock, hide, render, leave } = setUp(fakeFetch([503, 200]));
    await render();
    const call = api(URL);
    await advance(500);
    expect(clock.pending).toBe(2);

    await hide();
    await advance(0);
    expect(clock.pending).toBe(1);
    await advance(2_500);

    expect((await call).status).toBe(200);
    await leave();
  });
});
