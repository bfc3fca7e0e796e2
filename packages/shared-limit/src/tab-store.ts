import type { Clock } from '@steadfetch/core';
import { checkString, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { decide } from './decide.ts';
import type { LimitState, Question, Reply } from './state.ts';
import { type SharedStore, type StoreOptions, storeOf, storeOptions } from './store-of.ts';

export interface TabStoreOptions extends StoreOptions {
  /** Tabs with the same name share limits. @default 'steadfetch' */
  name?: string;
}

const OPTIONS = {
  ...storeOptions,
  name: { check: checkString, default: 'steadfetch' },
} satisfies OptionTable<TabStoreOptions>;

/** The options as data: what each may be, and its default. */
export const tabStoreOptions: OptionTable<TabStoreOptions> = OPTIONS;

/** A store among the tabs and workers of one origin. */
export interface TabStore extends SharedStore {
  /** Leaves the others, and no longer answers them. */
  close(): void;
}

interface Asked {
  readonly type: 'question';
  readonly id: string;
  readonly key: string;
  readonly question: Question;
  /** It was asked by a tab in the background. */
  readonly isHidden: boolean;
}

type Message =
  | Asked
  | {
      readonly type: 'answer';
      readonly id: string;
      readonly key: string;
      readonly reply: Reply;
      readonly state: LimitState;
      readonly isHidden: boolean;
    }
  | { readonly type: 'due'; readonly key: string }
  | { readonly type: 'leader' };

interface Pending {
  readonly asked: Asked;
  readonly resolve: (reply: Reply) => void;
}

/** Tabs of another version, whose messages have another form, are another group. To be raised whenever a member of `LimitState` or of a message changes. */
const FORM = 7;
/** Of more limits the least recently used one is forgotten, and of more questions the oldest one. */
const MOST = 1_000;
/**
 * How long after a slot is due a tab in the background is woken for it, ms, since the answer may have reached it later. And for how many
 * slots of an answer it is woken.
 */
const AFTER = 4;
const MOST_TOLD = 25;

/**
 * Keeps limits among the tabs and workers of one origin, without a server. One of them decides for all: the one that holds a
 * Web Lock. It sends its answers and its state to all by a `BroadcastChannel`; when it is closed, the next one goes on from that state.
 * Where a browser forbids the channel, as Firefox with cookies blocked, each tab is by itself, and the hook `onDown` is called.
 *
 * @throws {TypeError} where there is no `BroadcastChannel` or no `navigator.locks`, as in a page that is not served securely
 * @example rateLimit({ store: tabStore(), scope: 'origin' });
 */
export function tabStore(options?: TabStoreOptions): TabStore {
  const { name, ...rest } = readOptions('tabStore', OPTIONS, options);
  if (typeof BroadcastChannel !== 'function' || !globalThis.navigator?.locks) {
    throw new TypeError('tabStore: expected BroadcastChannel and navigator.locks, which need a secure context');
  }
  const tabs = tabsOf(`steadfetch limits ${FORM}: ${name}`, rest.clock);
  const store = storeOf((key, question) => tabs.ask(key, question), rest);
  const pacer: TabStore['pacer'] = (parts) => {
    tabs.addWake(parts.key, parts.wake);
    return store.pacer(parts);
  };
  return { ...store, pacer, close: () => tabs.close() };
}

/** Firefox makes no channel where cookies are blocked. The program must start nevertheless: its calls then go on without the other tabs. */
function tabsOf(name: string, clock: Clock): Pick<Tabs, 'ask' | 'addWake' | 'close'> {
  try {
    return new Tabs(name, clock);
  } catch (error) {
    return { ask: () => Promise.reject(error), addWake() {}, close() {} };
  }
}

class Tabs {
  readonly #clock: Clock;
  readonly #channel: BroadcastChannel & { ref?(): void; unref?(): void };
  readonly #states = new Map<string, LimitState>();
  readonly #pending = new Map<string, Pending>();
  /** What lets calls out that wait at a limit, where its timer is late. */
  readonly #wakes = new Map<WeakRef<() => void>, string>();
  readonly #closed = new AbortController();
  #release: (() => void) | undefined;

  constructor(name: string, clock: Clock) {
    this.#clock = clock;
    this.#channel = new BroadcastChannel(name);
    this.#holdProgram();
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    const lead = () => new Promise<void>((resolve) => this.#lead(resolve));
    navigator.locks
      .request(name, { signal: this.#closed.signal }, lead)
      .catch(() => {}) // it was closed, or the lock was taken away
      .finally(() => {
        this.#release = undefined;
      });
  }

  ask(key: string, question: Question): Promise<Reply> {
    const id = crypto.randomUUID();
    const asked: Asked = { type: 'question', id, key, question, isHidden: isInBackground() };
    if (this.#release) return Promise.resolve(this.#decide(asked));
    return new Promise((resolve) => {
      this.#pending.set(id, { asked, resolve });
      dropOldest(this.#pending);
      this.#holdProgram();
      this.#post(asked);
    });
  }

  /** `wake` is to be called where a call may go. */
  addWake(key: string, wake: () => void): void {
    this.#wakes.set(new WeakRef(wake), key);
    dropOldest(this.#wakes);
  }

  close(): void {
    this.#closed.abort();
    this.#release?.();
    this.#channel.close();
  }

  /** The one that led is gone: this one decides now, first what it waits for itself. */
  #lead(release: () => void): void {
    this.#release = release;
    if (this.#closed.signal.aborted) {
      release();
      return;
    }
    for (const { asked, resolve } of this.#pending.values()) resolve(this.#decide(asked));
    this.#pending.clear();
    this.#holdProgram();
    this.#post({ type: 'leader' });
  }

  #decide({ id, key, question, isHidden }: Asked): Reply {
    const [state, reply] = decide(this.#states.get(key), this.#clock.now(), question);
    this.#keep(key, state);
    this.#post({ type: 'answer', id, key, reply, state, isHidden });
    if (isHidden) this.#tellWhenDue(key, reply);
    return reply;
  }

  #post(message: Message): void {
    this.#channel.postMessage(message);
  }

  #hear(message: Message): void {
    if (message.type === 'leader') {
      for (const { asked } of this.#pending.values()) this.#post(asked);
    } else if (message.type === 'answer') {
      this.#keep(message.key, message.state);
      this.#pending.get(message.id)?.resolve(message.reply);
      this.#pending.delete(message.id);
      this.#holdProgram();
      if (message.isHidden) this.#tellWhenDue(message.key, message.reply);
    } else if (message.type === 'due') this.#wake(message.key);
    else if (this.#release) this.#decide(message);
  }

  /**
   * Browsers fire the timers of a tab in the background once a second or more rarely, but deliver messages to it at once. So a tab that is
   * seen tells it of its slots.
   */
  #tellWhenDue(key: string, { now, first, every, count }: Reply): void {
    if (isInBackground()) return;
    const tellIn = async (ms: number) => {
      await this.#clock.sleep(ms, this.#closed.signal);
      this.#post({ type: 'due', key });
    };
    for (let n = 0; n < Math.min(count, MOST_TOLD); n++) {
      const wait = first + n * every - now;
      if (wait > 0) tellIn(wait + AFTER).catch(() => {}); // it was closed
    }
  }

  #wake(key: string): void {
    for (const [wake, of] of this.#wakes) if (of === key) wake.deref()?.();
  }

  /** In Node a channel keeps the program alive: here only while an answer is waited for. */
  #holdProgram(): void {
    if (this.#pending.size > 0) this.#channel.ref?.();
    else this.#channel.unref?.();
  }

  #keep(key: string, state: LimitState): void {
    this.#states.delete(key);
    this.#states.set(key, state);
    dropOldest(this.#states);
  }
}

function isInBackground(): boolean {
  const { document } = globalThis as { readonly document?: { readonly visibilityState?: unknown } };
  return document?.visibilityState === 'hidden';
}

function dropOldest(map: Map<unknown, unknown>): void {
  if (map.size > MOST) map.delete(map.keys().next().value);
}
