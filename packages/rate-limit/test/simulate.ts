import { seededRandom } from '@steadfetch/testing';
import { Controller } from '../src/controller.ts';
import type { Permit, Quota } from '../src/permit.ts';

/** What a server says to one request. */
export interface Answer {
  ok: boolean;
  wait?: number;
  quota?: Quota;
}

/** A limited server in virtual time. */
export type Server = (now: number) => Answer;

export interface Run {
  server: Server;
  jobs: number;
  workers?: number;
  /** Round trip, in milliseconds; varies by a fifth. */
  latency?: number;
  /** How long an accepted request is in the server, in milliseconds. */
  service?: number;
  clients?: number;
  /** How much later each client starts than the one before it, in milliseconds. */
  apart?: number;
  seed?: number;
  done?: () => void;
}

export interface Report {
  seconds: number;
  refused: number;
  refusedShare: number;
  /** Jobs done per second. */
  perSecond: number;
  /** Requests that were sent while the server had asked for silence. */
  early: number;
}

interface Client {
  controller: Controller;
  line: number[];
  left: number;
  silentUntil: number;
  alarm: number;
}

/** Runs controllers against a server with virtual time alone: seconds of traffic in milliseconds. */
export function simulate({
  server,
  jobs,
  workers = 40,
  latency = 1,
  service = 0,
  clients = 1,
  apart = 0.3,
  seed = 1,
  done,
}: Run): Report {
  const random = seededRandom(seed);
  const events: { at: number; run: () => void }[] = [];
  const report = { accepted: 0, refused: 0, early: 0 };
  let now = 0;

  const schedule = (at: number, run: () => void) => {
    let i = events.length;
    while (i > 0 && events[i - 1]!.at > at) i--;
    events.splice(i, 0, { at, run });
  };
  const oneWay = () => (latency / 2) * (0.8 + 0.4 * random());
  const clock = () => Math.floor(now);

  const pump = (client: Client) => {
    while (client.line.length > 0) {
      const wait = client.controller.wait(clock());
      if (wait === 0) {
        send(client, client.line.shift()!);
        continue;
      }
      const due = clock() + Math.max(1, Math.ceil(wait));
      if (due < client.alarm) {
        client.alarm = due;
        schedule(due, () => {
          if (client.alarm !== due) return;
          client.alarm = Infinity;
          pump(client);
        });
      }
      return;
    }
  };

  const send = (client: Client, job: number) => {
    const permit = client.controller.send(clock());
    if (now < client.silentUntil) report.early++;
    schedule(now + oneWay(), () => {
      const answer = server(now);
      if (answer.ok && done) schedule(now + service, done);
      schedule(now + (answer.ok ? service : 0) + oneWay(), () => settle(client, job, permit, answer));
    });
  };

  const settle = (client: Client, job: number, permit: Permit, { ok, wait, quota }: Answer) => {
    client.silentUntil = Math.max(client.silentUntil, now + (ok ? 0 : (wait ?? 0)));
    client.controller.settle(permit, clock(), ok ? { kind: 'accepted', quota } : { kind: 'refused', wait, quota });
    if (!ok) {
      report.refused++;
      client.line.push(job);
      client.line.sort((a, b) => a - b);
    } else {
      report.accepted++;
      if (client.left-- > 0) client.line.push(jobs - client.left);
    }
    pump(client);
  };

  for (let i = 0; i < clients; i++) {
    const controller = new Controller({ random: seededRandom(seed * 31 + i) });
    const line = Array.from({ length: workers }, (_, job) => job - workers);
    const client: Client = { controller, line, left: jobs - workers, silentUntil: 0, alarm: Infinity };
    schedule(i * apart, () => pump(client));
  }
  while (report.accepted < jobs * clients && events.length > 0) {
    const { at, run } = events.shift()!;
    now = at;
    run();
  }
  const seconds = now / 1_000;
  const { accepted, refused, early } = report;
  return { seconds, refused, refusedShare: refused / (accepted + refused), perSecond: accepted / seconds, early };
}
