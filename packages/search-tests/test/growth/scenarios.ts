import { causesOf, classifyError, redactUrl, settle } from '@steadfetch/core';
import { serverQuotas } from '@steadfetch/server-hints';
import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import {
  bufferBody,
  circuitBreaker,
  compose,
  concurrency,
  discard,
  drain,
  type Fetch,
  logRetries,
  type Middleware,
  mount,
  observe,
  online,
  peek,
  rateLimit,
  retry,
  retryBudget,
  retryMonitor,
  serverDelay,
  standard,
  timeout,
} from 'steadfetch';

/** Something whose work is counted at the size `n`. What it returns is made before, and not counted. */
export type Scenario = (n: number) => () => Promise<unknown>;

const API = 'https://api.test/things';
const HOUR = 3_600_000;

function timing(): { time: VirtualTime; options: { clock: VirtualTime; random: () => number } } {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  return { time, options: { clock: time, random: seededRandom(1) } };
}

/** A server that answers each call with `first`, and its repetition with 200. */
function flaky(first: () => Response): Fetch {
  const seen = new Set<string>();
  return async (input) => {
    const url = String(input);
    if (seen.has(url)) return new Response('ok');
    seen.add(url);
    return first();
  };
}

function answer(status: number, headers: Record<string, string> = {}): () => Response {
  return () => new Response('x', { status, headers });
}

/** `n` calls at once, driven to their end. */
function calls(
  make: (options: ReturnType<typeof timing>['options']) => Middleware,
  server: () => Fetch,
  urlOf = (index: number) => `${API}?${index}`,
): Scenario {
  return (n) => {
    const { time, options } = timing();
    const steady = make(options)(server());
    return async () => {
      let open = n;
      const all = Array.from({ length: n }, async (_, index) => {
        await settle(steady(urlOf(index)));
        open--;
      });
      await time.run(HOUR, () => open === 0);
      await Promise.all(all);
    };
  };
}

/** `n` calls that wait when their client is closed. */
function closed(make: (options: ReturnType<typeof timing>['options']) => Middleware): Scenario {
  return (n) => {
    const { options } = timing();
    const draining = drain({ clock: options.clock });
    const steady = compose(draining, make(options))(async () => new Response('x', { status: 503 }));
    return async () => {
      const all = Array.from({ length: n }, () => settle(steady(API)));
      for (let turns = 0; turns < 40; turns++) await Promise.resolve();
      await draining.close();
      return Promise.all(all);
    };
  };
}

/** `n` calls that wait until the browser is back. */
function offline(init: RequestInit): Scenario {
  return (n) => {
    const { options } = timing();
    const target = new EventTarget();
    let says = false;
    const steady = online({ clock: options.clock, target, isOnline: () => says, probeEvery: HOUR })(async () => {
      if (!says) throw new TypeError('Failed to fetch');
      return new Response('ok');
    });
    return async () => {
      const all = Array.from({ length: n }, () => settle(steady(API, init)));
      for (let turns = 0; turns < 40; turns++) await Promise.resolve();
      says = true;
      target.dispatchEvent(new Event('online'));
      return Promise.all(all);
    };
  };
}

/** `n` orders that wait while a cache answers `n` reads. */
function offlineByCache(n: number): ReturnType<Scenario> {
  const { options } = timing();
  const [target, signals] = [new EventTarget(), new AbortController()];
  const steady = online({ clock: options.clock, target, isOnline: () => false, probeEvery: HOUR })(
    async () => new Response('kept'),
  );
  const { signal } = signals;
  return async () => {
    const orders = Array.from({ length: n }, () => settle(steady(API, { method: 'POST', body: 'x', signal })));
    await Promise.all(Array.from({ length: n }, () => settle(steady(API))));
    signals.abort();
    return Promise.all(orders);
  };
}

const plain = (): Fetch => async () => new Response('ok');
const all = (options: ReturnType<typeof timing>['options']) =>
  standard({ ...options, rateLimit: true, circuitBreaker: true, concurrency: 8, bufferBody: true });

/** `n` calls on one signal, which ends them all. */
function aborted(make: (options: ReturnType<typeof timing>['options']) => Middleware): Scenario {
  return (n) => {
    const { time, options } = timing();
    const steady = make(options)(
      (_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject('end'))),
    );
    const controllers = Array.from({ length: n }, () => new AbortController());
    return async () => {
      let open = n;
      const ends = controllers.map(async ({ signal }) => {
        await settle(steady(API, { signal }));
        open--;
      });
      for (const controller of controllers.reverse()) controller.abort();
      await time.run(HOUR, () => open === 0); // of many that end at once, some end a turn later
      await Promise.all(ends);
    };
  };
}

function onOneSignal(make: (options: ReturnType<typeof timing>['options']) => Middleware): Scenario {
  return (n) => {
    const { options } = timing();
    const steady = make(options)(async () => {
      await Promise.resolve();
      return new Response('ok');
    });
    const { signal } = new AbortController();
    return () => Promise.all(Array.from({ length: n }, () => settle(steady(API, { signal }))));
  };
}

function dripping(n: number): Response {
  let left = n;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (stream) => {
        if (left-- > 0) stream.enqueue(new Uint8Array(1));
        else stream.close();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body);
}

async function readAll(response: Response): Promise<void> {
  for await (const _ of response.body!) {
    // each chunk is let go
  }
}

function reading(make: (options: ReturnType<typeof timing>['options']) => Middleware): Scenario {
  return (n) => {
    const steady = make(timing().options)(async () => dripping(n));
    return async () => readAll(await steady(API));
  };
}

const withFields = (n: number, name: string, value: (index: number) => string) => {
  const headers = new Headers();
  for (let index = 0; index < n; index++) headers.append(name, value(index));
  return new Response('x', { status: 429, headers });
};

const sync = (make: (n: number) => () => unknown): Scenario => {
  return (n) => {
    const run = make(n);
    return async () => run();
  };
};

const logger = { warn: () => {}, error: () => {}, info: () => {} };

export const scenarios: Record<string, Scenario> = {
  'calls that wait for a retry when their client is closed': closed((options) => retry({ ...options, budget: false })),
  'calls that are offline': offline({}),
  'orders that are offline': offline({ method: 'POST', body: 'x' }),
  'orders that are offline beside reads of a cache': offlineByCache,
  'calls through the standard stack': calls((options) => standard(options), plain),
  'calls through every layer': calls(all, plain),
  'calls that fail once': calls(
    (options) => standard(options),
    () => flaky(answer(503)),
  ),
  'calls that fail once, without a brake': calls(
    (options) => compose(observe(logRetries(logger), { clock: options.clock }), retry({ ...options, budget: false })),
    () => flaky(answer(503)),
  ),
  'calls that are refused once': calls(
    (options) => rateLimit(options),
    () => flaky(answer(429, { 'retry-after': '1' })),
  ),
  'calls that are refused once, without a time': calls(
    (options) => rateLimit(options),
    () => flaky(answer(429)),
  ),
  'calls refused through every layer': calls(all, () => flaky(answer(429, { 'retry-after': '1' }))),
  'calls behind a known limit': calls(
    (options) => rateLimit({ ...options, limit: { requests: 50, per: 1_000 } }),
    plain,
  ),
  'gates at which calls wait for the same time': (n) =>
    calls(
      (options) => rateLimit({ ...options, limit: { requests: 1, per: 1_000 } }),
      plain,
      (index) => `https://api-${index % (10 * n)}.test/`,
    )(20 * n),
  'calls that wait for a slot': calls(() => concurrency(2, { maxQueue: Infinity }), plain),
  'calls to a server that is down': calls(
    (options) => compose(retry(options), circuitBreaker(options)),
    () => async () => new Response('x', { status: 503 }),
  ),
  servers: calls(all, plain, (index) => `https://api-${index}.test/`),
  'servers that fail': calls(
    all,
    () => flaky(answer(503)),
    (index) => `https://api-${index}.test/`,
  ),
  paths: calls(
    (options) => rateLimit(options),
    () => flaky(answer(429, { 'retry-after': '1' })),
    (index) => `${API}/p${'x'.repeat(index % 7)}-${index}/a`,
  ),
  'calls that are aborted while they wait for a slot': aborted(() => concurrency(1, { maxQueue: Infinity })),
  'calls that are aborted in the limiter': aborted((options) =>
    rateLimit({ ...options, limit: { requests: 1, per: 1_000 } }),
  ),
  'calls that are aborted in the standard stack': aborted((options) => standard(options)),
  'calls on one signal': onOneSignal((options) => standard(options)),
  'calls on one signal that wait for a slot': onOneSignal(() => concurrency(2, { maxQueue: Infinity })),
  'chunks of a body that is read': reading(({ clock }) => timeout({ headers: 1_000, body: 1_000 }, { clock })),
  'chunks of a body that is buffered': reading(() => bufferBody()),
  'chunks of a body that is too long to buffer': reading(() => bufferBody({ maxBytes: 100 })),
  'chunks of a body that is discarded': (n) => async () => {
    const response = dripping(n);
    discard(response);
    while (response.body?.locked === false) await Promise.resolve();
    for (let turns = 0; turns < 4 * n; turns++) await Promise.resolve();
  },
  'chunks of a body that is peeked at': (n) => () => peek(dripping(n), n),
  'fields of a limit': sync(
    (n) => () => serverQuotas(withFields(n, 'ratelimit', (index) => `"p${index}";r=${index};t=5`)),
  ),
  'parameters of a field': sync(
    (n) => () => serverQuotas(new Response('', { headers: { ratelimit: `"a"${';x=1'.repeat(n)};r=1` } })),
  ),
  'other fields': sync((n) => () => serverDelay(withFields(n, 'x-other', String))),
  'characters of Retry-After': sync(
    (n) => () => serverDelay(new Response('', { status: 429, headers: { 'retry-after': '1'.repeat(n) } })),
  ),
  'blanks of a field': sync(
    (n) => () => serverQuotas(new Response('', { headers: { ratelimit: `"a";r=1${' '.repeat(n)},` } })),
  ),
  'characters of a URL': sync(
    (n) => () => redactUrl(`https://${'u'.repeat(n)}:${'p'.repeat(n)}@host/${'@'.repeat(n)}`),
  ),
  'slashes of a URL': sync((n) => () => redactUrl(`https://${'/'.repeat(n)}a`)),
  'characters of a path': calls(all, plain),
  'causes of an error': sync((n) => {
    let error: unknown = new Error('first');
    for (let depth = 0; depth < n; depth++) error = new Error('next', { cause: error });
    return () => [causesOf(error), classifyError(error)];
  }),
  'errors in an AggregateError': sync((n) => {
    const error = new AggregateError(Array.from({ length: n }, () => new Error('one')));
    return () => [causesOf(error), classifyError(error)];
  }),
  'characters of a message': sync((n) => {
    const error = new TypeError(`Failed to fetch (${'a '.repeat(n)}`);
    return () => classifyError(error);
  }),
  'prefixes of mount': (n) => {
    const stacks = Object.fromEntries(
      Array.from({ length: n }, (_, index) => [`https://host-${index}.test/`, timeout(1_000)]),
    );
    return async () => mount(stacks)(plain());
  },
  'fields of a call': (n) => {
    const steady = standard(timing().options)(plain());
    const headers = Object.fromEntries(Array.from({ length: n }, (_, index) => [`x-${index}`, 'a']));
    return () => steady(API, { headers });
  },
  'fields of a form': (n) => {
    const steady = standard(timing().options)(plain());
    const body = new FormData();
    for (let index = 0; index < n; index++) body.append(`field ${index}`, 'value');
    return () => steady(API, { method: 'PUT', body });
  },
  'calls that a monitor counts': (n) => {
    const { time } = timing();
    const monitor = retryMonitor({ onExcessive: () => {}, clock: time });
    const steady = observe(monitor)(plain());
    return async () => {
      for (let index = 0; index < n; index++) {
        await steady(API);
        monitor.snapshot();
      }
    };
  },
  'failures that a budget counts': sync((n) => {
    const { time } = timing();
    const budget = retryBudget({ clock: time });
    return () => {
      for (let index = 0; index < n; index++) {
        budget.record('a', index % 3 ? 'failure' : 'success', 1);
        budget.acquire('a', 'transient');
        budget.snapshot();
      }
    };
  }),
};

/** Wrong on purpose: each takes sixteen times as long for four times as much. */
export const wrong: Record<string, Scenario> = {
  'a queue that is an array from whose front is taken': (n) => async () => {
    const queue = Array.from({ length: n }, (_, index) => index);
    while (queue.length > 0) queue.shift();
  },
  'a listener on the signal for each call': (n) => {
    const { signal } = new AbortController();
    return async () => {
      for (let index = 0; index < n; index++) signal.addEventListener('abort', () => {});
    };
  },
  'text that is added to and searched': (n) => async () => {
    let text = '';
    for (let index = 0; index < n; index++) {
      text += 'a';
      text.includes('b');
    }
  },
  'bytes that are joined with each chunk': (n) => async () => {
    let bytes = new Uint8Array(0);
    for (let index = 0; index < n; index++) {
      const longer = new Uint8Array(bytes.length + 1);
      longer.set(bytes);
      bytes = longer;
    }
  },
};

/** What is kept after so many calls, or chunks: so many bytes at most. */
export interface Kept {
  readonly calls: number;
  readonly most: number;
  make(n: number): Promise<unknown>;
}

/** The stores are bounded by a thousand servers. */
export const kept: Record<string, Kept> = {
  'servers in every layer': {
    calls: 1_300,
    most: 12_000_000,
    make: (n) => callServers(n, (index) => `https://host-${index}.test/${'p'.repeat(20_000)}`),
  },
  'servers of long names in every layer': {
    calls: 900,
    most: 12_000_000,
    make: (n) => callServers(n, (index) => `https://${'h'.repeat(30_000)}-${index}.test/`),
  },
  'servers that fail': {
    calls: 1_300,
    most: 12_000_000,
    make: async (n) => {
      const { time, options } = timing();
      const stack = all(options);
      const steady = stack(async () => new Response('x', { status: 503, headers: { 'x-long': 'x'.repeat(1_000) } }));
      for (let index = 0; index < n; index++) {
        let isOver = false;
        const end = settle(steady(`https://host-${index}.test/`)).then(() => {
          isOver = true;
        });
        await time.run(time.elapsed + HOUR, () => isOver);
        await end;
      }
      return [steady, stack];
    },
  },
  'chunks of a byte in a buffered body': {
    calls: 20_000,
    most: 1_000_000,
    make: async (n) => bufferBody()(async () => dripping(n))(API),
  },
  'calls on one signal that is kept': {
    calls: 2_000,
    most: 500_000,
    make: async (n) => {
      const { options } = timing();
      const steady = standard(options)(plain());
      const controller = new AbortController();
      for (let index = 0; index < n; index++) await (await steady(API, { signal: controller.signal })).text();
      return controller;
    },
  },
};

/** Calls so many servers at once through all layers. Gives what then keeps something of them. */
async function callServers(n: number, urlOf: (index: number) => string): Promise<unknown> {
  const { time, options } = timing();
  const stack = all(options);
  const steady = stack(plain());
  let open = n;
  const ends = Array.from({ length: n }, async (_, index) => {
    await settle(steady(urlOf(index)));
    open--;
  });
  await time.run(HOUR, () => open === 0);
  await Promise.all(ends);
  return [steady, stack];
}
