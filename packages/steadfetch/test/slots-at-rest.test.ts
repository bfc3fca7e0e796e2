import { VirtualTime } from '@steadfetch/testing/simulation';
import {
  type ConcurrencyOptions,
  compose,
  concurrency,
  defineMiddleware,
  logRetries,
  type Middleware,
  observe,
  QueueFullError,
  type RetryOptions,
  rateLimit,
  retry,
  standard,
  timeout,
  when,
} from 'steadfetch';
import { expect, it, vi } from 'vitest';

it('a call that waits for its retry lends its slot when others succeed, and is the next to get one', async () => {
  const slots = concurrency(2);
  const { time, sent, steady } = twoPaths(slots);
  void steady(DEAD);
  await time.run(1);
  expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });

  for (let call = 0; call < 2; call++) void steady(WELL);
  await time.run(250);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });

  for (let call = 0; call < 400; call++) void steady(WELL);
  await time.run(60_000);
  expect(sent).toHaveLength(404);
  expect(sent.lastIndexOf(DEAD)).toBeLessThan(300);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('a resting call that is aborted takes no slot', async () => {
  const slots = concurrency(2);
  const { time, steady } = twoPaths(slots);
  const caller = new AbortController();
  const call = steady(DEAD, { signal: caller.signal }).catch((error: unknown) => error);
  await time.run(1);
  for (let call = 0; call < 2; call++) void steady(WELL);
  await time.run(250);

  caller.abort(new Error('enough'));

  expect(await call).toMatchObject({ message: 'enough' });
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('reset() forgets a call whose wait never ends (fake timers that were removed), and reserves no slot for it', async () => {
  vi.useFakeTimers();
  const slots = concurrency(1);
  const steady = compose(
    timeout(60_000),
    slots,
    retry({ delay: () => 1 }),
  )(async () => new Response(null, { status: 503 }));
  void steady(DEAD);
  await vi.advanceTimersByTimeAsync(0);
  vi.useRealTimers();

  slots.reset();

  for (let call = 0; call < 3; call++) expect((await steady(DEAD)).status).toBe(503);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('a call that rested before a reset() frees no slot when it returns', async () => {
  const slots = concurrency(2);
  const { time, sent, steady } = twoPaths(slots);
  for (const url of [DEAD, HANGS, HANGS]) void steady(url);
  await time.run(1);
  expect(slots.snapshot()).toEqual({ active: 2, queued: 1 });

  slots.reset();
  await time.run(20_000);
  expect(sent.filter((url) => url === DEAD)).toHaveLength(2);

  for (let call = 0; call < 4; call++) void steady(WELL);
  expect(slots.snapshot()).toEqual({ active: 2, queued: 3 });
});

it('a call that is aborted while it waits to get a slot back leaves the queue', async () => {
  const slots = concurrency(2);
  const { time, sent, steady } = twoPaths(slots);
  const caller = new AbortController();
  const call = steady(DEAD, { signal: caller.signal }).catch((error: unknown) => error);
  await time.run(1);
  for (let call = 0; call < 2; call++) void steady(WELL);
  await time.run(9_990);
  for (let at = 9_990; at < 13_000; at += 10) time.at(at, () => void steady(HANGS).catch(() => {}));
  await time.run(15_000);
  expect(sent.filter((url) => url === DEAD)).toHaveLength(1);

  const { queued } = slots.snapshot();
  caller.abort(new Error('enough'));

  expect(await call).toMatchObject({ message: 'enough' });
  expect(slots.snapshot()).toEqual({ active: 2, queued: queued - 1 });
});

it('the more of the last calls failed, the more slots are reserved for calls that wait for a retry', async () => {
  const slots = concurrency(4);
  const { time, steady } = twoPaths(slots);
  for (const url of [DEAD, DEAD, DEAD]) void steady(url);
  await time.run(1);
  void steady(WELL);
  await time.run(150);
  expect(slots.snapshot()).toEqual({ active: 3, queued: 0 });

  for (const url of [WELL, WELL]) void steady(url);
  await time.run(400);

  expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('at most five successes before an outage are counted', async () => {
  const slots = concurrency(1);
  const { time, sent, steady } = twoPaths(slots);
  for (let call = 0; call < 20; call++) void steady(WELL);
  for (let call = 0; call < 8; call++) void steady(DEAD);

  await time.run(2_200);

  expect(sent.filter((url) => url === DEAD)).toHaveLength(6);
  expect(slots.snapshot()).toEqual({ active: 1, queued: 2 });
});

it('successes count as long as calls rest, even if none is in flight', async () => {
  const slots = concurrency(1);
  const { time, steady } = twoPaths(slots);
  const well = Array.from({ length: 3 }, () => steady(WELL));
  void steady(DEAD);
  await time.run(500);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });

  void steady(DEAD);
  await time.run(600);

  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
  await Promise.all([...well, time.run(60_000)]);
});

it.each([
  ['PUT', 'dead dead well'],
  ['GET', 'dead well dead'],
])('with one slot a %s and a later one are sent as %s: a write does not overtake', async (method, order) => {
  const slots = concurrency(1);
  const { time, sent, steady } = twoPaths(slots);
  for (let call = 0; call < 3; call++) void steady(WELL);
  for (const url of [DEAD, WELL]) void steady(url, { method });

  await time.run(60_000);

  const paths = sent.slice(3).map((url) => url.split('/').at(-1));
  expect(paths.join(' ')).toBe(order);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('with one slot, a write that waits for its turn in a limiter keeps it, too', async () => {
  const { time, steady } = limitedPath(1);
  const done: string[] = [];
  const call = (url: string, method: string) => steady(url, { method }).then(() => done.push(url));
  for (let n = 0; n < 3; n++) void call(WELL, 'GET');
  for (const url of [DEAD, WELL]) void call(url, 'PUT');

  await time.run(60_000);

  expect(done).toEqual([WELL, WELL, WELL, DEAD, WELL]);
});

it('a slot that a reset has invalidated is not freed again', async () => {
  const slots = concurrency(1);
  const { time, steady } = twoPaths(slots);
  void steady(DEAD);
  await time.run(1);

  slots.reset();
  void steady(WELL);
  void steady(WELL);
  await time.run(150);

  expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });
  await time.run(60_000);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('no call is rejected while a resting call has a reserved slot', async () => {
  const slots = concurrency(1, { maxQueue: 0 });
  const { time, sent, steady } = twoPaths(slots);
  const first = steady(DEAD);
  await time.run(1);

  expect((await Promise.all([steady(DEAD), time.run(15_000)]))[0].status).toBe(503);
  expect((await first).status).toBe(503);
  expect(sent).toHaveLength(4);
  const hanging = steady(HANGS);
  await expect(steady(WELL)).rejects.toThrow(QueueFullError);
  await Promise.all([hanging, time.run(2_000_000)]);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('if the queue is full, the first call in it gets the reserved slot of a call that waits for its retry', async () => {
  const slots = concurrency(1, { maxQueue: 1 });
  const { time, sent, steady } = twoPaths(slots);
  for (const url of [DEAD, WELL]) void steady(url);
  await time.run(1);
  expect(sent).toEqual([DEAD]);

  void steady(HANGS);

  expect(slots.snapshot()).toEqual({ active: 1, queued: 1 });
  await time.run(2);
  expect(sent).toEqual([DEAD, WELL]);
});

it('a call whose retry is due takes the slot of a resting call', async () => {
  const slots = concurrency(1, { maxQueue: 0 });
  const { time, sent, steady } = twoPaths(slots);
  void steady(DEAD);
  await time.run(5_000);
  void steady(DEAD); // gets the slot of the first one, and keeps it

  await time.run(13_000);

  expect(sent).toHaveLength(3);
  expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('an observer can cancel a call that waits to get a slot back for its retry', async () => {
  const slots = concurrency(1);
  const given: string[] = [];
  const { time, steady } = twoPaths(
    compose(
      observe((event) => {
        if (event.type === 'queue' && event.action === 'wait' && time.elapsed > 9_000) event.cancel!();
      }),
      slots,
    ),
    { hooks: { onRetry: () => given.push('retry'), onGiveUp: ({ reason }) => given.push(reason) } },
  );
  const call = steady(DEAD).catch((error: unknown) => error);
  await time.run(1);
  slots.reset();
  void steady(HANGS);

  await time.run(20_000);

  expect(await call).toMatchObject({ name: 'AbortError' });
  expect(given).toEqual(['retry', 'aborted']);
  expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('a call that an outer layer sends twice has two slots: a rest frees only one of them', async () => {
  const slots = concurrency(3);
  const hedge = defineMiddleware((call, next) => Promise.any([next(call), next(call)]));
  const { time, steady, mostAtOnce } = twoPaths(compose(hedge, slots));
  void steady(TWICE).catch(() => {});
  await time.run(1);

  for (let at = 20; at < 3_000; at += 20) time.at(at, () => void steady(WELL));
  await time.run(100_000);

  expect(mostAtOnce()).toBe(3);
});

it('a call that an inner layer sends twice has one slot, for which both requests wait', async () => {
  const slots = concurrency(1);
  const hedge = defineMiddleware((call, next) => Promise.all([next(call), next(call)]).then(([first]) => first));
  const { time, sent, steady } = twoPaths(compose(slots, hedge));
  const call = steady(TWICE);
  await time.run(10_000);
  slots.reset();
  void steady(HANGS); // has the slot when the first of the two is due
  await time.run(500_000);
  expect(sent.filter((url) => url === TWICE)).toHaveLength(2);

  await time.run(3_000_000);

  expect((await call).status).toBe(503);
  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('a call that waits to get a slot back ends when the signal of an inner layer aborts', async () => {
  const slots = concurrency(1);
  const inner = new AbortController();
  const limit = defineMiddleware((call, next) => next(call.url === DEAD ? call.with({ signal: inner.signal }) : call));
  const { time, steady } = twoPaths(compose(slots, limit));
  const call = steady(DEAD).catch((error: unknown) => error);
  await time.run(1);
  slots.reset();
  void steady(HANGS);
  await time.run(11_000);

  inner.abort(new Error('enough'));
  await time.run(11_001);

  expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });
  expect(await call).toMatchObject({ message: 'enough' });
});

it('calls that wait for an inner slot hold no outer slot that others wait for', async () => {
  const all = concurrency(4);
  const perPath = concurrency(1, { key: (call) => call.url });
  const { time, steady } = twoPaths(compose(all, perPath));
  const ended: number[] = [];
  const note = () => ended.push(time.elapsed);
  void steady(DEAD).then(note);
  for (let at = 100; at < 3_000; at += 100) time.at(at, () => void steady(WELL).then(note));
  for (let at = 3_000; at < 3_100; at += 10) time.at(at, () => void steady(DEAD).then(note));

  await time.run(9_000);
  expect(ended).toHaveLength(29);
  await time.run(11_000);
  expect(ended).toHaveLength(30);
});

it('a call that waits for an inner slot keeps its outer slot if there are as many inner slots: one key must not fill the inner queue', async () => {
  const time = new VirtualTime(0);
  const perPath = concurrency(2, { key: (call) => call.url });
  const answer = async () => time.sleep(100).then(() => new Response());
  const steady = compose(timeout(60_000, { clock: time }), perPath, concurrency(4))(answer);
  const ended: Record<string, number> = {};
  for (const path of ['a', 'b', 'c']) {
    for (let call = 0; call < 100; call++) {
      void steady(`https://api.test/${path}`).then(() => {
        ended[path] = time.elapsed;
      });
    }
  }

  await time.run(60_000);
  expect(Math.max(...Object.values(ended))).toBe(7_500);
});

it('a call that an inner layer rejects and that is sent elsewhere keeps its outer slot', async () => {
  const fallback = defineMiddleware((call, next) => next(call).catch(() => next(call.with({ input: WELL }))));
  const one = when((call) => call.url === HANGS, concurrency(1, { maxQueue: 0 }));
  const { time, steady, mostAtOnce } = twoPaths(compose(concurrency(2), fallback, one));
  void steady(HANGS);
  for (let at = 0; at < 1_000; at += 200) time.at(at, () => void steady(WELL));
  await time.run(1_000);
  for (const url of [HANGS, WELL]) void steady(url);
  await time.run(2_000);
  expect(mostAtOnce()).toBe(2);
});

it('after a reset, a call that waits for an inner slot reserves no outer slot', async () => {
  const time = new VirtualTime(0);
  const perPath = concurrency(1, { key: (call) => call.url });
  const steady = compose(timeout(60_000, { clock: time }), perPath, concurrency(1))(() => new Promise(() => {}));
  void steady(DEAD);
  for (let call = 0; call < 3; call++) void steady(WELL);
  expect(perPath.snapshot(WELL)).toEqual({ active: 1, queued: 2 });

  perPath.reset(WELL);
  expect(perPath.snapshot(WELL)).toEqual({ active: 1, queued: 1 });
});

it('a call that was answered without a request is no success', async () => {
  const slots = concurrency(2);
  const cache = defineMiddleware(async (call, next) => (call.url === CACHED ? new Response() : next(call)));
  const { time, steady } = twoPaths(compose(slots, cache));
  void steady(DEAD);
  await time.run(1);

  await steady(CACHED);

  expect(slots.snapshot()).toEqual({ active: 1, queued: 0 });
});

it('a wait that ends after its call has ended takes no slot', async () => {
  const slots = concurrency(1);
  let answer: ((response: Response) => void) | undefined;
  const answered = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  const race = defineMiddleware(async (call, next) => Promise.race([next(call), answered]));
  const { time, steady } = twoPaths(compose(slots, race));
  void steady(DEAD);
  await time.run(1);

  answer!(new Response());
  await time.run(20_000);

  expect(slots.snapshot()).toEqual({ active: 0, queued: 0 });
});

it('a call from before a reset does not free slots that are in use', async () => {
  const slots = concurrency(1);
  const { time, sent, steady } = twoPaths(slots);
  const caller = new AbortController();
  void steady(DEAD, { signal: caller.signal }).catch(() => {});
  await time.run(1);
  slots.reset();
  void steady(HANGS);
  caller.abort();
  await time.run(2);

  void steady(HANGS);

  await time.run(3);
  expect(sent).toEqual([DEAD, HANGS]);
  expect(slots.snapshot()).toEqual({ active: 1, queued: 1 });
});

it('without an outer timeout, a call keeps its slot until it ends', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const timing = { clock: time, random: () => 0.5 };
  const slots = concurrency(2);
  const steady = compose(
    slots,
    standard({ ...timing, rateLimit: { limit: { requests: 1, per: 1_000 } } }),
  )(async () => new Response());
  const items = Array.from({ length: 100 }, () => steady(WELL)); // in the limiter most would wait for longer than they may take

  await time.run(200_000);

  expect((await Promise.all(items)).every(({ ok }) => ok)).toBe(true);
});

it('the log of a call says how long it waited for its slot, also if a timeout ends it later', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const listener = logRetries({ info: log, warn: log, error: log });
  const stack = standard({ clock: time, concurrency: 1, retry: false });
  const steady = compose(
    observe(listener, { clock: time }),
    stack,
  )(async (input, init) => {
    await time.sleep(input === HANGS ? 1_000_000 : 300, init!.signal!);
    return new Response();
  });

  const calls = Promise.allSettled([steady(WELL), steady(HANGS)]);
  await time.run(40_000);
  await calls;

  expect(lines).toEqual([expect.stringMatching(/TimeoutError in 30\.0 s: waited 0\.3 s \(queue\), TimeoutError$/)]);
});

it('a call that waits for its turn in a limiter keeps its slot until another call has succeeded', async () => {
  const { time, stack, send } = limitedPath();
  const limited = send(DEAD, 2);
  await time.run(1_000);
  expect(stack.snapshot().concurrency).toEqual({ active: 2, queued: 0 });

  const well = send(WELL, 20);
  await time.run(2_000);
  expect(stack.snapshot().concurrency).toEqual({ active: 2, queued: 20 });

  stack.reset();
  await Promise.all([limited, well, time.run(60_000)]);
  expect(stack.snapshot().concurrency).toEqual({ active: 0, queued: 0 });
});

it('a call that waits for its turn in a limiter lends its slot after others have succeeded', async () => {
  const { time, stack, send } = limitedPath();
  const before = send(WELL, 5);
  const limited = send(DEAD, 2);
  await time.run(2_000);
  expect(stack.snapshot().concurrency).toEqual({ active: 0, queued: 0 });

  await Promise.all([before, send(WELL, 20), time.run(4_000)]);
  await Promise.all([limited, time.run(60_000)]);
  expect(stack.snapshot().concurrency).toEqual({ active: 0, queued: 0 });
});

it('a job of any length succeeds with slots around a limiter, because its calls wait for slots', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const steady = standard({
    clock: time,
    timeout: 600_000,
    concurrency: 5,
    rateLimit: { limit: { requests: 10, per: 1_000 } },
  })(async () => new Response());

  const job = Promise.allSettled(Array.from({ length: 1_000 }, () => steady(WELL)));
  await time.run(120_000);

  expect((await job).filter(({ status }) => status === 'fulfilled')).toHaveLength(1_000);
});

it('calls to a path above its limit do not delay calls to others, if most calls pass without a wait', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const limit = { requests: 1, per: 1_000 };
  const rateLimits = when((call) => call.url === DEAD, rateLimit({ clock: time, limit }));
  const steady = compose(timeout(30_000, { clock: time }), concurrency(4), rateLimits)(async () => new Response());
  let longest = 0;
  for (let at = 0; at < 60_000; at += 50) {
    time.at(at, async () => {
      if (at % 250 === 0) return void steady(DEAD).catch(() => {});
      await steady(WELL);
      longest = Math.max(longest, time.elapsed - at);
    });
  }

  await time.run(100_000);
  expect(longest).toBeLessThan(1_000);
});

it('a call whose turn in a limiter came while others used its slot counts against the limit when it is sent', async () => {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const sent: number[] = [];
  const steady = standard({
    clock: time,
    random: () => 0.5,
    concurrency: { max: 2, key: () => 'all' },
    rateLimit: { limit: { requests: 1, per: 1_000 } },
  })(async (input) => {
    if (input === WELL) sent.push(time.elapsed);
    await time.sleep(String(input).includes('slow') ? 3_000 : 10);
    return new Response();
  });
  for (const [at, host] of [
    [0, 'slow'],
    [10, 'a'],
    [30, 'b'],
    [70, 'slower'],
  ] as const)
    time.at(at, () => void steady(`https://${host}.test/`));
  for (const at of [50, 65, 3_020]) time.at(at, () => void steady(WELL));

  await time.run(10_000);

  expect(sent).toEqual([50, 3_000, 4_000]);
});

it('the number of slots bounds how many calls of one tenant wait in a limiter, so that one tenant does not fill its queue', async () => {
  const { time, send } = tenants();
  for (let call = 0; call < 50; call++) void send('a');
  await time.run(10_500);

  let ended = Infinity;
  void send('b').then(() => {
    ended = time.elapsed;
  });
  await time.run(100_000);
  expect(ended).toBeLessThan(15_000);
});

it('calls of one tenant that wait for their turn do not delay another tenant, also if each gets a token from another server first', async () => {
  const { time, send } = tenants();
  const job = async (tenant: string, calls: number) => {
    await send(tenant, 'https://login.test/');
    await Promise.all(Array.from({ length: calls }, () => send(tenant)));
    ended.push(tenant);
  };
  const ended: string[] = [];
  void job('a', 1);
  time.at(2_000, () => void job('b', 50));
  time.at(10_500, () => void job('c', 1));

  await time.run(15_000);
  expect(ended).toEqual(['a', 'c']);
});

it('the number of slots bounds how many calls of one tenant wait in a limiter, also if the queue for slots is full', async () => {
  const { time, send } = tenants({ maxQueue: 1 });
  const refused: unknown[] = [];
  for (let at = 0; at < 1_000; at += 100)
    time.at(at, () => void send('a').catch((error: unknown) => refused.push(error)));
  await time.run(1_000);
  expect(refused).toEqual(Array(4).fill(expect.any(QueueFullError)));

  let ended = Infinity;
  void send('b').then(() => {
    ended = time.elapsed;
  });
  await time.run(100_000);
  expect(ended).toBeLessThan(7_000);
});

const DEAD = 'https://api.test/dead';
const WELL = 'https://api.test/well';
const HANGS = 'https://api.test/hangs';
const TWICE = 'https://api.test/twice';
const CACHED = 'https://api.test/cached';

/** DEAD answers 503 with `Retry-After: 10`, TWICE too, but from the second time on after 15 s. HANGS hangs. WELL takes 0.1 s. */
function twoPaths(slots: Middleware, options: RetryOptions = {}) {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const sent: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const steady = compose(
    timeout(10_000_000, { clock: time }),
    slots,
    retry({ clock: time, random: () => 0.5, maxRetries: 1, ...options }),
  )(async (input) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    if (input === TWICE && sent.includes(TWICE)) await time.sleep(15_000);
    sent.push(String(input));
    if (input === WELL || input === HANGS) await time.sleep(input === HANGS ? 1_000_000 : 100);
    atOnce--;
    const isDead = input === DEAD || input === TWICE;
    return new Response(null, isDead ? { status: 503, headers: { 'retry-after': '10' } } : {});
  });
  return { time, sent, steady, mostAtOnce: () => mostAtOnce };
}

/** DEAD answers 429 with `Retry-After: 10` for nine seconds. Other answers take 0.1 s. */
function limitedPath(slots = 2) {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const timing = { clock: time, random: () => 0.5 };
  const stack = standard({
    ...timing,
    concurrency: slots,
    rateLimit: { scope: 'path', proof: 'direct' },
    retry: false,
  });
  const steady = stack(async (input) => {
    if (input === DEAD && time.elapsed < 9_000)
      return new Response(null, { status: 429, headers: { 'retry-after': '10' } });
    await time.sleep(100);
    return new Response();
  });
  const send = (url: string, calls: number) => Promise.all(Array.from({ length: calls }, () => steady(url)));
  return { time, stack, steady, send };
}

/** Two slots per tenant, and a limit of one call a second per origin. */
function tenants(options?: ConcurrencyOptions) {
  const time = new VirtualTime(Date.UTC(2025, 0, 1));
  const steady = standard({
    clock: time,
    timeout: 100_000,
    concurrency: { max: 2, key: ({ headers }) => headers.get('tenant') ?? '', ...options },
    rateLimit: { limit: { requests: 1, per: 1_000 } },
  })(async () => new Response());
  const send = (tenant: string, url = WELL) => steady(url, { headers: { tenant } });
  return { time, send };
}
