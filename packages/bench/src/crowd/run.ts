// How long 20,000 calls at one gate hold the event loop, and what each of them holds of the heap.
//
//   node packages/bench/src/crowd/run.ts

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Fetch, type RateLimitOptions, rateLimit } from 'steadfetch';
import { publish } from '../publish.ts';

const CALLS = 20_000;
const ROUNDS = 3;
const URL = 'https://api.example.com/users/1';
/** So high that all calls are on their way before the first one is answered. */
const LIMIT = { requests: CALLS, per: 1 };
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Runs a task, and returns the longest time between two turns of the event loop until it ends. */
async function longestHold(task: () => Promise<unknown>): Promise<number> {
  let last = 0;
  let longest = 0;
  let isOver = false;
  const watch = () => {
    const now = busy();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(watch);
  };
  await turn();
  last = busy();
  watch();
  await task();
  await turn();
  isOver = true;
  return longest;
}

/** How long this thread has computed, in milliseconds. Other processes do not lengthen it. */
function busy(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** A server whose answers are given by hand. */
interface Server {
  readonly fetch: Fetch;
  readonly answers: ((response: Response) => void)[];
}

function server(): Server {
  const answers: Server['answers'] = [];
  return { fetch: () => new Promise((resolve) => answers.push(resolve)), answers };
}

/** Starts all calls, a few per turn, so that the start itself holds nobody up. */
async function start(fetch: Fetch, init?: RequestInit): Promise<Promise<unknown>[]> {
  const calls: Promise<unknown>[] = [];
  while (calls.length < CALLS) {
    for (let n = 0; n < 200; n++) calls.push(fetch(URL, init).catch(() => {}));
    await turn();
  }
  return calls;
}

const refusal = (seconds: number) => new Response(null, { status: 429, headers: { 'retry-after': String(seconds) } });

interface Crowd {
  readonly hold: number;
  readonly bytes?: number;
}

function limited(options: RateLimitOptions): Server {
  const { fetch, answers } = server();
  return { fetch: rateLimit({ maxQueue: CALLS, maxWait: 600_000, ...options })(fetch), answers };
}

async function refusedAtOnce(fetch: Fetch, answers: Server['answers']): Promise<Crowd> {
  const caller = new AbortController();
  const before = await heap();
  const calls = await start(fetch, { signal: caller.signal });
  console.log('in flight', answers.length);
  const answer = await refuseAll(answers, 60);
  const hold = await longestHold(async () => {
    answer();
    await sleep(3_000);
  });
  const bytes = ((await heap()) - before) / CALLS;
  caller.abort();
  await Promise.all(calls);
  return { hold, bytes };
}

/** Answers all of them in one turn; the answers are made before. */
async function refuseAll(answers: Server['answers'], seconds: number): Promise<() => void> {
  const all = answers.splice(0);
  const responses: Response[] = [];
  while (responses.length < all.length) {
    for (let n = 0; n < 200; n++) responses.push(refusal(seconds));
    await turn();
  }
  return () => {
    for (let n = 0; n < all.length; n++) all[n]!(responses[n]!);
  };
}

async function heap(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await sleep(50);
    collect();
  }
  return process.memoryUsage().heapUsed;
}

async function refusedAgain(): Promise<Crowd> {
  let sends = 0;
  const fetch = rateLimit({ limit: LIMIT, maxQueue: CALLS, maxWait: 600_000, maxResends: 5 })(async () => {
    sends++;
    return refusal(0);
  });
  let calls: Promise<unknown>[] = [];
  const hold = await longestHold(async () => {
    calls = await start(fetch);
    await Promise.race([Promise.all(calls), sleep(20_000)]);
  });
  console.log(`sends ${sends}`);
  return { hold };
}

async function aborted(fetch: Fetch, answers: Server['answers'], own: boolean): Promise<Crowd> {
  const all = new AbortController();
  const callers = Array.from({ length: CALLS }, () => new AbortController());
  const calls: Promise<unknown>[] = [];
  while (calls.length < CALLS) {
    for (let n = 0; n < 200; n++) {
      const { signal } = own ? callers[calls.length]! : all;
      calls.push(fetch(URL, { signal }).catch(() => {}));
    }
    await turn();
  }
  if (answers.length > 4) {
    (await refuseAll(answers, 60))();
    await sleep(3_000);
  }
  const hold = await longestHold(async () => {
    if (own) for (const caller of callers) caller.abort();
    else all.abort();
    for (const answer of answers.splice(0)) answer(refusal(60));
    await Promise.all(calls);
  });
  return { hold };
}

async function heldUp(): Promise<Crowd> {
  let isBusy = true;
  const fetch = rateLimit({ maxQueue: CALLS, maxWait: 600_000 })(async () => (isBusy ? refusal(1) : new Response()));
  const calls = await start(fetch);
  isBusy = false;
  const hold = await longestHold(() => Promise.race([Promise.all(calls), sleep(5_000)]));
  void calls;
  return { hold };
}

const SCENES: Record<string, () => Promise<Crowd>> = {
  bare: async () => {
    const { fetch, answers } = server();
    const calls = await start(fetch);
    const answer = await refuseAll(answers, 60);
    const hold = await longestHold(async () => {
      answer();
      await Promise.all(calls);
    });
    return { hold };
  },
  'refused at once, known limit': async () => {
    const { fetch, answers } = limited({ limit: LIMIT });
    return refusedAtOnce(fetch, answers);
  },
  'refused at once, no limit': async () => {
    const { fetch, answers } = server();
    const limiter = rateLimit({ maxQueue: CALLS, maxWait: 600_000 })(fetch);
    for (let n = 0; n < 4_000; n++) {
      const call = limiter(URL);
      for (const answer of answers.splice(0)) answer(new Response());
      await call;
    }
    return refusedAtOnce(limiter, answers);
  },
  'refused again and again': refusedAgain,
  'aborted, one signal': async () => {
    const { fetch, answers } = limited({});
    return aborted(fetch, answers, false);
  },
  'aborted, own signals': async () => {
    const { fetch, answers } = limited({});
    return aborted(fetch, answers, true);
  },
  'aborted after refusal': async () => {
    const { fetch, answers } = limited({ limit: LIMIT });
    return aborted(fetch, answers, true);
  },
  released: heldUp,
};

const only = process.argv[2];
for (const [name, scene] of Object.entries(SCENES)) {
  if (only && !name.includes(only)) continue;
  const results: Crowd[] = [];
  for (let round = 0; round < ROUNDS; round++) results.push(await scene());
  console.log(
    name.padEnd(30),
    results.map(({ hold }) => hold.toFixed(1)).join('  '),
    results.map(({ bytes }) => bytes?.toFixed(0)).join(' '),
  );
}
void publish;
process.exit();
