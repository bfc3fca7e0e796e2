import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@steadfetch/core';
import type { Fault } from './fault.ts';
import { type Listener, listener } from './listener.ts';
import { type Player, player, problemPlan } from './player.ts';
import { type RecordedRequest, type Recorder, recordBody, recorder } from './recorder.ts';
import { type Plan, planOf } from './reply.ts';
import { type ListScript, listScript, type Repeat, repliesOf, type Script } from './script.ts';
import { sendPlan } from './send-plan.ts';
import type { FaultyServer } from './start-server.ts';

const NO_STATUS = new Set<Fault | undefined>(['refuse', 'reset', 'stall-headers']);

/** A script, a port and the record of what came. */
export class LoopbackServer implements FaultyServer {
  readonly #clock: Clock;
  readonly #list: ListScript | undefined;
  readonly #play: Player;
  readonly #recorder: Recorder;
  readonly #port: Listener;
  #reopening = new AbortController();

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

  async restart(): Promise<void> {
    await this.close();
    await this.#port.open();
    this.#refuseIfNext();
  }

  async close(): Promise<void> {
    this.#reopening.abort();
    await this.#port.close();
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
    response.shouldKeepAlive &&= this.#port.listening;
    if (plan.error === undefined && !NO_STATUS.has(plan.fault)) record.status = plan.status;
    await sendPlan(plan, response, place);
  }

  #refuseIfNext(): void {
    const refusal = this.#list?.takeIf((reply) => planOf(reply).fault === 'refuse');
    if (refusal !== undefined) this.#refuse(planOf(refusal).delay);
  }

  #refuse(delay: number): void {
    this.#port.refuse();
    if (delay === 0) return;
    this.#reopening = new AbortController();
    const reopen = () => this.#port.open().then(() => this.#refuseIfNext());
    this.#clock
      .sleep(delay, this.#reopening.signal)
      .then(reopen)
      .catch(() => {});
  }
}

function refuses({ error }: Plan): string | undefined {
  if (!error || error === 'ECONNRESET') return undefined;
  return `startServer: a server cannot cause ${error}: use a fault, or fakeFetch`;
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  return headers;
}
