import { type Clock, type Fetch, isRequest, type Random } from '@steadfetch/core';
import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { tell } from './hints.ts';
import type { Limit, LimitPlan } from './limit.ts';
import type { Row } from './row.ts';
import type { History } from './score.ts';

/** What a client is made of. `limit` and `processes` are for an oracle; no other client may look. */
export interface ClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly limit: LimitPlan;
  readonly processes: number;
}

/** Builds the client of one process. */
export type Client = (fetch: Fetch, parts: ClientParts) => Fetch;

const START = Date.UTC(2026, 0, 1);
const ORIGIN = 'https://limited.test';
/** A worker whose call was lost pauses before its next one, in milliseconds. */
const PAUSE = 200;
/** How many timers of a hundred are late, by a millisecond. */
const LATE = 0.35;

/** Lives through a row behind a client in virtual time; the same history each time for a seed. */
export async function live(row: Row, client: Client, seed: number): Promise<History> {
  const { lasts = 60_000, load, processes = 1, limit } = row;
  const time = new VirtualTime(START);
  const server = new Server(row, time, seed);
  const chance = seededRandom(seed * 1_009 + 3);
  const scene: Scene = { time, row, history: server.history, chance, left: 'calls' in load ? load.calls : Infinity };
  for (let process = 0; process < processes; process++) {
    const clock: Clock = {
      now: () => time.now(),
      sleep: (ms, signal) => time.sleep(Math.ceil(ms) + (chance() < LATE ? 1 : 0), signal),
    };
    const random = seededRandom(seed * 7_919 + process * 101 + 5);
    const fetch = client(server.connect(process), { clock, random, limit, processes });
    play(scene, process, fetch);
  }
  await time.run(lasts, () => scene.left <= 0);
  return server.history;
}

interface Scene {
  readonly time: VirtualTime;
  readonly row: Row;
  readonly history: History;
  readonly chance: Random;
  /** Calls that are still to succeed, where their number is given. */
  left: number;
}

/** Makes the calls of one process. */
function play(scene: Scene, process: number, fetch: Fetch): void {
  const { time, row, chance } = scene;
  const { load, processes = 1, apart = 300 } = row;
  let calls = 0;
  const call = () => succeeds(fetch, `${ORIGIN}/job?call=${process}.${calls++}`, scene);
  const begin = Math.round(chance() * (processes > 1 ? apart : 1));
  if ('workers' in load) {
    for (let worker = 0; worker < load.workers; worker++) time.at(begin, () => void work(scene, call));
  } else if ('perSecond' in load) {
    const gap = (1_000 * processes) / load.perSecond;
    let due = begin;
    const next = () => {
      void call();
      due -= gap * Math.log(1 - chance());
      time.at(Math.round(due), next);
    };
    time.at(begin, next);
  } else {
    const mine = Math.floor((load.calls + process) / processes);
    const times = Array.from({ length: mine }, () => Math.round(chance() * load.within)).sort((a, b) => a - b);
    void workOff(scene, times, call);
  }
}

async function succeeds(fetch: Fetch, url: string, { history }: Scene): Promise<boolean> {
  const ok = await fetch(url).then(
    (response) => response.ok,
    () => false,
  );
  if (!ok) history.lost++;
  return ok;
}

async function work({ time }: Scene, call: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (!(await call())) await time.sleep(PAUSE);
  }
}

async function workOff(scene: Scene, times: readonly number[], call: () => Promise<boolean>): Promise<void> {
  const { time } = scene;
  for (const due of times) {
    if (due > time.elapsed) await time.sleep(due - time.elapsed);
    while (!(await call())) await time.sleep(PAUSE);
    scene.left--;
  }
}

/** The server, and the network before it. */
class Server {
  readonly history: History;
  readonly #row: Row;
  readonly #time: VirtualTime;
  readonly #limit: Limit;
  readonly #chance: Random;
  /** When a call may be sent again, for calls that were refused with a wait. */
  readonly #notBefore = new Map<string, number>();

  constructor(row: Row, time: VirtualTime, seed: number) {
    this.#row = row;
    this.#time = time;
    this.#chance = seededRandom(seed * 104_729 + 11);
    this.#limit = row.limit.create(this.#chance);
    this.history = { limit: this.#limit, accepted: [], refused: [], lost: 0, early: 0, hasty: 0 };
  }

  /** The plain fetch of one process. */
  connect(process: number): Fetch {
    const silence = { until: 0 };
    return (input) => {
      const call = isRequest(input) ? input.url : String(input);
      const askedBefore = silence.until;
      return new Promise((resolve) => {
        this.#travel(() => {
          const at = this.#time.elapsed;
          if (at < (this.#notBefore.get(call) ?? 0)) this.history.early++;
          else if (at < askedBefore) this.history.hasty++;
          const { status, headers, asked, accepted } = this.#answer();
          this.history[accepted ? 'accepted' : 'refused'].push({ at, process });
          if (asked > 0) this.#notBefore.set(call, at + asked);
          else this.#notBefore.delete(call);
          this.#serve(accepted, () => {
            // what is sent in the same instant cannot take it into account
            if (asked > 0)
              this.#time.after(1, () => Object.assign(silence, { until: Math.max(silence.until, at + asked) }));
            resolve(new Response(null, { status, headers }));
          });
        });
      });
    };
  }

  #answer(): { status: number; headers: Record<string, string>; asked: number; accepted: boolean } {
    const { noise, limit, hint, status = 429 } = this.#row;
    if (noise && this.#chance() < noise.share) {
      const { retryAfter } = noise;
      const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
      return { status: noise.status, headers, asked: 1_000 * (retryAfter ?? 0), accepted: false };
    }
    const decision = this.#limit.decide(this.#time.elapsed);
    const told = tell(hint, decision, limit, this.#time.now());
    return { ...told, status: decision.accepted ? 200 : status, accepted: decision.accepted };
  }

  #serve(accepted: boolean, done: () => void): void {
    const { service } = this.#row.limit;
    if (!accepted || service === 0) this.#travel(done);
    else
      this.#time.after(service * (0.8 + 0.4 * this.#chance()), () => {
        this.#limit.release?.();
        this.#travel(done);
      });
  }

  /** Half of a round trip, a fifth more or less, in whole milliseconds. */
  #travel(arrive: () => void): void {
    const ms = ((this.#row.latency ?? 1) / 2) * (0.8 + 0.4 * this.#chance());
    this.#time.at(this.#time.elapsed + Math.floor(ms + this.#chance()), arrive);
  }
}
