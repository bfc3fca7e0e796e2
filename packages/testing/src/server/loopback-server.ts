import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@steadfetch/core';
import type { Fault } from '../script/fault.ts';
import { type Player, player, problemPlan } from '../script/player.ts';
import { type Plan, planOf } from '../script/reply.ts';
import { type ListScript, listScript, type Repeat, repliesOf, type Script } from '../script/script.ts';
import { Turns } from '../time/turns.ts';
import type { FaultyServer } from './faulty-server.ts';
import { headersOf } from './headers-of.ts';
import { type Listener, listener } from './listener.ts';
import { type RecordedRequest, type Recorder, recordBody, recorder } from './recorder.ts';
import { sendPlan } from './send-plan.ts';

const NO_STATUS = new Set<Fault | undefined>(['refuse', 'reset', 'stall-headers']);

/** Plays a script on a port and records the calls. */
export class LoopbackServer implements FaultyServer {
  readonly #clock: Clock;
  readonly #list: ListScript | undefined;
  readonly #play: Player;
  readonly #recorder: Recorder;
  readonly #port: Listener;
  /** Runs `open` and `close` of the port one after another. To open it twice, or while it closes, would fail. */
  readonly #turns = new Turns();
  #reopening = new AbortController();
  #closed = false;

  constructor(script: Script, repeat: Repeat, clock: Clock) {
    this.#clock = clock;
    this.#list = typeof script === 'function' ? undefined : listScript(repliesOf(script), repeat);
    this.#play = player(script, { repeat, refuses, next: this.#list });
    this.#recorder = recorder(clock);
    this.#port = listener((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port.port}`;
  }

  get url(): string {
    return `${this.origin}/`;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#recorder.requests;
  }

  get openSockets(): number {
    return this.#port.openSockets;
  }

  get connections(): number {
    return this.#port.connections;
  }

  restart(): Promise<void> {
    this.#closed = false;
    this.#reopening.abort();
    return this.#turns.take(async () => {
      await this.#port.close();
      await this.#port.open();
      this.#refuseIfNext();
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#reopening.abort();
    return this.#turns.take(() => this.#port.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const record = this.#recorder.open(request.method!, this.origin + request.url, headersOf(request));
    await recordBody(record, request);
    const place = { clock: this.#clock, signal: gone.signal };
    const plan = await this.#play(record, place).catch(() => problemPlan(record));
    if (plan.fault === 'refuse') this.#refuse(plan.delay);
    this.#refuseIfNext();
    // the client has disconnected
    if (gone.signal.aborted) return;
    response.shouldKeepAlive &&= this.#port.listening;
    if (plan.error === undefined && !NO_STATUS.has(plan.fault)) record.status = plan.status;
    await sendPlan(plan, response, place);
  }

  #refuseIfNext(): void {
    const refusal = this.#list?.takeIf((reply) => planOf(reply).fault === 'refuse');
    if (refusal !== undefined) this.#refuse(planOf(refusal).delay);
  }

  /** Closes the port for `delay` milliseconds. If `close()` was called before, the port stays closed. */
  #refuse(delay: number): void {
    this.#port.refuse();
    this.#reopening.abort();
    if (delay === 0 || this.#closed) return;
    this.#reopening = new AbortController();
    const { signal } = this.#reopening;
    this.#clock
      .sleep(delay, signal)
      .then(() => this.#turns.take(() => this.#reopen(signal)))
      .catch(() => {});
  }

  async #reopen(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await this.#port.open();
    this.#refuseIfNext();
  }
}

function refuses({ error }: Plan): string | undefined {
  if (!error || error === 'ECONNRESET') return undefined;
  return `startServer: a server cannot cause ${error}: use a fault, or fakeFetch`;
}
