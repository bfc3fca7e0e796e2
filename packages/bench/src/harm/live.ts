import type { Clock, Fetch, Random } from '@steadfetch/core';
import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import type { Asked, Calls, Outcome, World } from './situation.ts';
import { Tally } from './tally.ts';
import { ORIGIN, transport } from './transport.ts';

/** Builds the stack under test. */
export type Client = (fetch: Fetch, parts: { clock: Clock; random: Random }) => Fetch;

/** What the stack of one of several clients is made of. */
export interface MemberParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Which client of the situation, from 0. */
  readonly index: number;
  /** The time of the run: the same object for all its clients, and for no other run. */
  readonly time: VirtualTime;
}

/** Builds the stack of one of several clients, as that of a process. */
export type Member = (fetch: Fetch, parts: MemberParts) => Fetch;

const START = Date.UTC(2025, 0, 1);
/** The longest that a call may take, by the limit for the whole call that both stacks have. */
const WHOLE = 30_000;
/** What is still under way at the end is lived through for this long at the most. */
const PATIENCE = 120_000;
const ANY: Asked = { path: '/' };

/** Lives through a situation behind a client, in virtual time; the same result each time for a seed. */
export async function live(situation: World, client: Member, seed: number): Promise<Outcome> {
  const time = new VirtualTime(START);
  const tally = new Tally(situation.over);
  const server = situation.server(seededRandom(seed + 3));
  const { step, clients = 1, travel } = situation;
  const clock: Clock = {
    now: () => time.now() + (step && time.elapsed >= step.at ? step.by : 0),
    sleep: (ms, signal) => time.sleep(ms, signal),
  };
  const connect = transport(server, { time, tally, seed, ...(travel && { travel }) });
  const fetches = Array.from({ length: clients }, (_, index) => {
    const random = seededRandom(seed + 1 + 7_919 * index);
    return client(connect(index), { clock, random, index, time });
  });
  const calls = situation.calls(seededRandom(seed + 2));
  await play(situation, { calls, fetches, time, tally, seed });
  return tally.outcome();
}

interface Stage {
  readonly calls: Calls;
  readonly fetches: readonly Fetch[];
  readonly time: VirtualTime;
  readonly tally: Tally;
  readonly seed: number;
}

async function play(situation: World, { calls, fetches, time, tally, seed }: Stage): Promise<void> {
  const { lasts, most = Infinity, whole = WHOLE, ask = () => ANY, judged = () => true } = situation;
  let index = 0;
  let open = 0;
  const call = async (worker?: number) => {
    const asked = ask(index, seededRandom(seed * 613 + index * 31)());
    const client = asked.client ?? (worker ?? index) % fetches.length;
    index++;
    const startedAt = time.elapsed;
    open++;
    const { ok, quit, ms = whole } = await settled(fetches[client]!, `${asked.path}?call=${index}`, { asked, time });
    open--;
    if (judged(asked, { at: startedAt, client, quit })) tally.ended(ok ? ms : whole, ok ? startedAt + ms : undefined);
  };
  const work = async (worker: number) => {
    while (time.elapsed < lasts && index < most) {
      await call(worker);
      await time.sleep(1);
    }
  };
  if ('at' in calls) for (const at of calls.at) time.at(at, () => void call());
  else for (let worker = 0; worker < calls.workers; worker++) time.at(worker, () => void work(worker));
  await time.run(lasts);
  await time.run(lasts + Math.max(PATIENCE, 2 * whole), () => open === 0);
}

interface Ending {
  readonly ok: boolean;
  /** Whether the caller gave up. */
  readonly quit: boolean;
  /** Until the answer was there. */
  readonly ms?: number;
}

async function settled(
  fetch: Fetch,
  path: string,
  { asked, time }: { asked: Asked; time: VirtualTime },
): Promise<Ending> {
  const startedAt = time.elapsed;
  const { init, quits } = asked;
  const controller = quits === undefined ? undefined : new AbortController();
  const quitting = controller && time.after(quits!, () => controller.abort());
  try {
    const response = await fetch(`${ORIGIN}${path}`, controller ? { ...init, signal: controller.signal } : init);
    const ms = time.elapsed - startedAt;
    await response.text();
    return { ok: response.ok, quit: false, ms };
  } catch {
    return { ok: false, quit: controller?.signal.aborted === true };
  } finally {
    if (quitting) quitting.run = undefined;
  }
}
