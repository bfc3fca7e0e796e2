import { compose, observe } from '@steadfetch/core';
import { retry } from '@steadfetch/retry';
import { fakeFetch, instantClock } from '@steadfetch/testing';
import { describe, expect, it, vi } from 'vitest';
import { countRetries } from '../src/index.ts';
import { eventOf, giveUpEvent, recoverEvent, waitEvent } from './events.ts';

describe('countRetries', () => {
  it('counts by event, reason, status and origin', () => {
    const counter = vi.fn();
    const count = countRetries(counter);

    count(waitEvent({ response: new Response(null, { status: 503 }) }));
    count(giveUpEvent({ reason: 'budget' }));
    count(recoverEvent({ response: new Response() }));

    const origin = 'https://api.example.com';
    expect(counter.mock.calls.flat()).toEqual([
      { event: 'retry', reason: 'status', status: '503', origin },
      { event: 'give-up', reason: 'budget', status: 'none', origin },
      { event: 'recover', reason: 'none', status: '200', origin },
    ]);
  });

  it('counts waits and refusals of our layers, and nothing else', () => {
    const counter = vi.fn();
    const count = countRetries(counter, { labels: ['event', 'reason'] });

    count(eventOf('start'));
    count(eventOf('gate', { action: 'wait', reason: 'closed' }));
    count(eventOf('gate', { action: 'refused', reason: 'rate-limited' }));
    count(eventOf('gate', { action: 'closed', reason: '429' }));
    count(eventOf('queue', { action: 'wait' }));
    count(eventOf('queue', { action: 'refused' }));
    count(eventOf('circuit', { action: 'refused' }));
    count(eventOf('circuit', { action: 'opened' }));
    count(eventOf('offline', { action: 'wait' }));
    count(eventOf('offline', { action: 'probe' }));
    count(eventOf('attempt', { status: 200 }));
    count(eventOf('end', { status: 200 }));

    expect(counter.mock.calls.flat()).toEqual([
      { event: 'wait', reason: 'closed' },
      { event: 'refused', reason: 'rate-limited' },
      { event: 'wait', reason: 'queue' },
      { event: 'refused', reason: 'queue-full' },
      { event: 'refused', reason: 'circuit-open' },
      { event: 'wait', reason: 'offline' },
    ]);
  });

  it('calls inc of a counter like that of prom-client, with the labels it declares', () => {
    const counter = { inc: vi.fn() };

    countRetries(counter, { labels: ['event', 'reason'] })(waitEvent());

    expect(counter.inc.mock.calls).toEqual([[{ event: 'retry', reason: 'status' }]]);
  });

  it('calls add of a counter like that of OpenTelemetry', () => {
    const counter = { add: vi.fn() };

    countRetries(counter, { labels: ['event'] })(recoverEvent());

    expect(counter.add.mock.calls).toEqual([[1, { event: 'recover' }]]);
  });

  it('sets labels that are one line of plain text, and not very long', () => {
    const counter = vi.fn();

    countRetries(counter)(giveUpEvent({ reason: 'x\n2026 ERROR', origin: `data:a\u001b[31m${'x'.repeat(80_000)}` }));

    const { reason, origin } = counter.mock.calls[0]![0];
    expect(reason).toBe('x2026 ERROR');
    expect(origin).not.toMatch(/\p{Cc}/u);
    expect(origin.length).toBeLessThan(1_100);
  });

  it('ignores a counter that throws', () => {
    const count = countRetries(() => {
      throw new Error('mine');
    });

    expect(() => count(waitEvent())).not.toThrow();
  });

  it('listens to a stack', async () => {
    const counter = vi.fn();
    const clock = instantClock();

    await compose(observe(countRetries(counter, { labels: ['event'] })), retry({ clock }))(fakeFetch(503))(
      'https://a.test/',
    );

    expect(counter.mock.calls.flat()).toEqual([{ event: 'retry' }, { event: 'retry' }, { event: 'give-up' }]);
  });

  it.each([
    [{}, {}, /counter: expected a function or an object with inc or add/],
    [null, {}, /counter: expected/],
    [{ inc: 1 }, {}, /counter: expected a function or an object with inc or add/],
    [{ add: null }, {}, /counter: expected/],
    ['inc', {}, /counter: expected/],
    [() => {}, { labels: ['url'] }, /unknown option 'url'/],
    [() => {}, { labels: 'event' }, /^countRetries: labels: expected an array of labels, got "event"/],
    [() => {}, { labels: null }, /^countRetries: labels: .*null/],
    [() => {}, { label: [] }, /unknown option 'label'/],
  ])('refuses %o with %o', (counter, options, message) => {
    expect(() => countRetries(counter as never, options as never)).toThrow(TypeError);
    expect(() => countRetries(counter as never, options as never)).toThrow(message);
  });
});
