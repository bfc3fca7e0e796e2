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
  /** Whether a tab in the background asks. */
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

/** The version of the messages. Tabs with another one are another group. Raise it whenever a member of `LimitState` or of a message changes. */
const FORM = 8;
/** Of more limits the least recently used is forgotten, of more unanswered questions the oldest. */
const MOST_KEPT = 1_000;
/** A tab in the background is woken this long after its slot is due, since it may have received the answer a little later, ms. */
const WAKE_AFTER_MS = 4;
/** It is woken for this many slots of an answer at most. */
const MOST_WAKES = 25;

/**
 * Shares limits among the tabs and workers of one origin, without a server. The one that holds a Web Lock decides for all. It sends its answers
 * and its state to all by a `BroadcastChannel`; when it closes, the next one goes on from that state. If a browser forbids the channel, as Firefox
 * with cookies blocked, each tab is by itself, and the hook `onDown` is called.
 *
 * @throws {TypeError} if there is no `BroadcastChannel` or no `navigator.locks`, as in a page that is not served securely
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

/** Firefox makes no channel while cookies are blocked. The program must start nevertheless: its calls go on without the other tabs. */
function tabsOf(name: string, clock: Clock): Pick<Tabs, 'ask' | 'addWake' | 'close'> {
  try {
    return new Tabs(name, clock);
  } catch (error) {
    return { ask: () => Promise.reject(error), addWake() {}, close() {} };
  }
}

/** One tab: the leader, which decides, or one that asks the leader. */
class Tabs {
  readonly #clock: Clock;
  readonly #channel: BroadcastChannel & { ref?(): void; unref?(): void };
  readonly #states = new Map<string, LimitState>();
  readonly #pending = new Map<string, Pending>();
  /** Functions that send the calls that wait at a limit, for tabs in the background, whose timers are late; each with its limit. */
  readonly #wakes = new Map<WeakRef<() => void>, string>();
  readonly #closed = new AbortController();
  /** Gives the lock back. Only the leader has it. */
  #release: (() => void) | undefined;

  constructor(name: string, clock: Clock) {
    this.#clock = clock;
    this.#channel = new BroadcastChannel(name);
    this.#holdProgram();
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data);
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

  /** Adds a function to call when a call may go. */
  addWake(key: string, wake: () => void): void {
    this.#wakes.set(new WeakRef(wake), key);
    dropOldest(this.#wakes);
  }

  close(): void {
    this.#closed.abort();
    this.#release?.();
    this.#channel.close();
  }

  /** Becomes the leader after the last one has gone. Answers its own questions first, then those of the others, who ask again. */
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
    this.#keepState(key, state);
    this.#post({ type: 'answer', id, key, reply, state, isHidden });
    if (isHidden) this.#wakeWhenDue(key, reply);
    return reply;
  }

  #post(message: Message): void {
    this.#channel.postMessage(message);
  }

  #receive(message: Message): void {
    if (message.type === 'leader') {
      for (const { asked } of this.#pending.values()) this.#post(asked);
    } else if (message.type === 'answer') {
      this.#keepState(message.key, message.state);
      this.#pending.get(message.id)?.resolve(message.reply);
      this.#pending.delete(message.id);
      this.#holdProgram();
      if (message.isHidden) this.#wakeWhenDue(message.key, message.reply);
    } else if (message.type === 'due') this.#wakeCalls(message.key);
    else if (this.#release) this.#decide(message);
  }

  /**
   * Wakes a tab in the background when its slots are due. Browsers fire its timers once a second or more rarely, but deliver messages at once, so a
   * visible tab sends it one.
   */
  #wakeWhenDue(key: string, { now, first, every, count }: Reply): void {
    if (isInBackground()) return;
    const wakeIn = async (ms: number) => {
      await this.#clock.sleep(ms, this.#closed.signal);
      this.#post({ type: 'due', key });
    };
    for (let n = 0; n < Math.min(count, MOST_WAKES); n++) {
      const wait = first + n * every - now;
      if (wait > 0) wakeIn(wait + WAKE_AFTER_MS).catch(() => {}); // it was closed
    }
  }

  #wakeCalls(key: string): void {
    for (const [wake, of] of this.#wakes) if (of === key) wake.deref()?.();
  }

  /** In Node a channel keeps the program alive. Here it does so only while an answer is on its way. */
  #holdProgram(): void {
    if (this.#pending.size > 0) this.#channel.ref?.();
    else this.#channel.unref?.();
  }

  #keepState(key: string, state: LimitState): void {
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
  if (map.size > MOST_KEPT) map.delete(map.keys().next().value);
}
