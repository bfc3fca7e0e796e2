import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '@steadfetch/core';
import { rateLimit } from '@steadfetch/rate-limit';
import {
  NOTHING,
  type Question,
  type Reply,
  type SharedStore,
  type TabStore,
  tabStore,
} from '@steadfetch/shared-limit';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';

const QUESTION = { ...NOTHING, want: 1 };

const closing: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllGlobals();
  for (const close of closing.splice(0)) close();
});

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

let names = 0;
function tabs(count: number) {
  const name = `test ${names++}`;
  const stores = Array.from({ length: count }, () => tabStore({ name }));
  for (const store of stores) closing.push(() => store.close());
  return stores;
}

const ask = (store: SharedStore, more: Partial<Question> = {}, key = 'api'): Promise<Reply> =>
  Promise.resolve(store.ask(key, { ...QUESTION, ...more }));
const refusal = { want: 0, refusal: { at: 1e15, closedUntil: 0, every: 0, wait: 5_000, isDoubted: false } };

/** The names of all members, including nested ones. */
function membersOf(value: unknown): unknown {
  if (value instanceof Map) return [...value.values()].slice(0, 1).map(membersOf);
  if (Array.isArray(value)) return value.slice(0, 1).map(membersOf);
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value).map(([name, inner]) => [name, membersOf(inner)]);
}

// if this fails, raise FORM and the number below: tabs of both versions run side by side until all are reloaded
it('the name of the channel contains the version of the messages', async () => {
  const [first, second] = tabs(2) as [TabStore, TabStore];
  await ask(first);
  await ask(second);
  const channel = new BroadcastChannel(`steadfetch limits 8: test ${names - 1}`);
  closing.push(() => channel.close());
  const heard: unknown[] = [];
  channel.onmessage = ({ data }: MessageEvent<unknown>) => heard.push(data);
  const quota = { name: 'a', at: 1e15, remaining: 9, limit: 10, reset: 1_000, window: 1_000 };
  await ask(second, { ...refusal, accepted: [{ from: 1e13, to: 1e13, cost: 1 }], quotas: [quota] });
  const forms = () => heard.map((message) => JSON.stringify(membersOf(message)));
  await vi.waitFor(() => expect(forms().at(-1)).toContain('heardAt')); // a member of a quota that the state keeps
  expect(sha1(forms().slice(-2).join())).toBe('a764e906e806fb2b2b3e2cd786fabd8e3bb9ce9d');
});

describe('tabs of one origin', () => {
  it('get slots that follow each other, whoever asks', async () => {
    const stores = tabs(3);
    await ask(stores[2]!);
    const all: Reply[] = [];
    for (let n = 0; n < 9; n++) all.push(await ask(stores[n % 3]!));
    const starts = all.filter(({ every }) => every > 0).map(({ first }) => first);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(new Set(starts).size).toBe(starts.length);
  });

  it('are all stopped by the refusal of one, and stay so when the leader is closed', async () => {
    const [first, second, third] = tabs(3) as [TabStore, TabStore, TabStore];
    const slots = await ask(second);
    await ask(third);
    await ask(second, refusal);
    expect((await ask(third)).closedUntil).toBeGreaterThan(slots.first + 4_000);
    first.close();
    const after = await ask(third);
    expect(after.closedUntil).toBeGreaterThan(slots.first + 4_000);
  });

  it('that are closed before they lead leave the others alone', async () => {
    const [first, second, third] = tabs(3) as [TabStore, TabStore, TabStore];
    await ask(first);
    second.close();
    first.close();
    expect((await ask(third)).count).toBe(1);
  });
});

it('refuses a name that is no string', () => {
  expect(() => tabStore({ name: 7 as never })).toThrow(new TypeError('tabStore: name: expected a string, got 7'));
});

it('a tab that is closed when it becomes the leader gives the lock back', async () => {
  let lead: (() => Promise<void>) | undefined;
  const request = async (_: string, __: unknown, granted: () => Promise<void>) => {
    lead = granted;
  };
  vi.stubGlobal('navigator', { locks: { request } });
  tabStore({ name: 'closed' }).close();
  await expect(lead!()).resolves.toBeUndefined();
});

it('keeps a program of Node alive only while it waits for an answer', async () => {
  const calls: string[] = [];
  for (const name of ['ref', 'unref'] as const) {
    const ofNode = BroadcastChannel.prototype as unknown as { ref(): void; unref(): void };
    const spy = vi.spyOn(ofNode, name).mockImplementation(() => void calls.push(name));
    onTestFinished(() => spy.mockRestore());
  }
  const store = tabs(1)[0]!;
  expect(calls).toEqual(['unref']);

  const answer = ask(store);
  expect(calls).toEqual(['unref', 'ref']);
  await answer;
  expect(calls.at(-1)).toBe('unref');
});

it('forgets the least recently used limit if there are too many', async () => {
  const store = tabs(1)[0]!;
  await ask(store, refusal);
  for (let n = 0; n < 1_000; n++) await ask(store, {}, `api ${n}`);
  expect((await ask(store)).closedUntil).toBe(0);
});

describe('a tab in the background, whose timers are late,', () => {
  const channelOf = (name: string) => {
    const channel = new BroadcastChannel(`steadfetch limits 8: ${name}`);
    closing.push(() => channel.close());
    return channel;
  };

  it('sends a call as soon as another tab says that its slot is due', async () => {
    vi.stubGlobal('document', { visibilityState: 'hidden' });
    const late: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.max(10_000, ms), signal) };
    const name = `test ${names++}`;
    const store = tabStore({ name, clock: late, limit: { requests: 10, per: 1_000 } });
    closing.push(() => store.close());
    const seen = channelOf(name);
    seen.onmessage = async ({ data }: MessageEvent<{ key: string; isHidden?: boolean; reply?: Reply }>) => {
      if (!data.isHidden || !data.reply) return;
      await systemClock.sleep(data.reply.first - data.reply.now + 5);
      seen.postMessage({ type: 'due', key: data.key });
    };
    const send = rateLimit({ store, clock: late, scope: 'origin' })(async () => new Response('ok'));
    const began = performance.now();
    for (let call = 0; call < 4; call++) await send('https://api.example.com/');
    expect(performance.now() - began).toBeLessThan(9_000); // a busy machine takes a second
  });

  it('is woken by a visible tab when its slots are due, until that tab is closed', async () => {
    const store = tabs(1)[0]!;
    await ask(store);
    const hidden = channelOf(`test ${names - 1}`);
    const heard: number[] = [];
    const began = performance.now();
    hidden.onmessage = ({ data }) => data.type === 'due' && heard.push(performance.now() - began);
    const tellAnswer = (first: number) => {
      const reply = { now: 0, first, every: 20, count: 2, closedUntil: 0, goodFor: 250, rate: 0, burst: 1, backAt: 0 };
      hidden.postMessage({ type: 'answer', id: 'x', key: 'api', reply, state: undefined, isHidden: true });
    };
    tellAnswer(60);
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(heard[0]).toBeGreaterThanOrEqual(60);
    tellAnswer(60);
    await systemClock.sleep(20);
    store.close();
    await systemClock.sleep(100);
    expect(heard).toHaveLength(2);
  });
});

it('another program of the origin that steals the lock becomes the leader', async () => {
  const name = `test ${names}`;
  const store = tabs(1)[0]!;
  await ask(store);
  await new Promise<void>((taken) => {
    const hold = () => {
      taken();
      return new Promise<void>((resolve) => closing.push(resolve));
    };
    void navigator.locks.request(`steadfetch limits 8: ${name}`, { steal: true }, hold);
  });
  await new Promise((resolve) => setImmediate(resolve));
  const channel = new BroadcastChannel(`steadfetch limits 8: ${name}`);
  closing.push(() => channel.close());
  const question = new Promise((resolve) => {
    channel.onmessage = ({ data }) => resolve(data.type);
  });
  void ask(store);
  expect(await question).toBe('question');
});

it('names what is missing if a page is not served securely', () => {
  vi.stubGlobal('navigator', {});
  expect(() => tabStore()).toThrow('tabStore: expected BroadcastChannel and navigator.locks');
});

it('lets calls go on without the others if the browser makes no channel, as Firefox with cookies blocked', async () => {
  const error = new DOMException('The operation is insecure.', 'SecurityError');
  vi.stubGlobal(
    'BroadcastChannel',
    class {
      constructor() {
        throw error;
      }
    },
  );
  const onDown = vi.fn();
  const store = tabStore({ hooks: { onDown } });
  const send = rateLimit({ store, scope: 'origin' })(async () => new Response('sent'));
  expect(await (await send('https://api.test/')).text()).toBe('sent');
  expect(onDown).toHaveBeenCalledExactlyOnceWith({ key: expect.anything(), error });
  await expect(store.ask('api', QUESTION)).rejects.toBe(error);
  store.close();
});

it('names a wrong option', () => {
  expect(() => tabStore({ name: 7 as never })).toThrow('tabStore: name');
  expect(() => tabStore({ nam: 'a' } as never)).toThrow('tabStore');
  expect(() => tabStore({ limit: { requests: 0, per: 1 } })).toThrow('tabStore: limit.requests');
});
