import type { Answer } from '../../src/model/answer.ts';
import { Pacer, type PacerOptions } from '../../src/model/pacer.ts';

/** A random source with a fixed seed. */
export function chance(seed = 1): () => number {
  let a = seed;
  return () => {
    a = (a * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return a / 4_294_967_296;
  };
}

export function pacer(options: Partial<PacerOptions> = {}): Pacer {
  return new Pacer({ random: chance(), ...options });
}

export interface Load {
  readonly for: number;
  /** Milliseconds from one call to the next. @default each call is sent as soon as the pacer allows it */
  readonly every?: number;
  readonly roundTrip?: number;
  readonly from?: number;
  readonly cost?: number;
  /** The number of calls. */
  readonly calls?: number;
}

export interface Result {
  accepted: number;
  refused: number;
  /** When each request was sent. */
  sent: number[];
  now: number;
}

/** Runs one process against a server, millisecond by millisecond. */
export function drive(model: Pacer, server: (now: number) => Answer, load: Load): Result {
  const { roundTrip = 10, every = 0, from = 0, cost = 1, calls = 20_000 } = load;
  const flying: { at: number; run: () => void }[] = [];
  const result: Result = { accepted: 0, refused: 0, sent: [], now: from };
  let due = 0;
  for (let now = from; now < from + load.for; now++) {
    due += every > 0 ? 1 / every : Infinity;
    // each answer may make room for others at once
    do {
      if (flying[0] && flying[0].at <= now) flying.shift()!.run();
      for (let n = 0; n < 50 && due >= 1 && result.sent.length < calls; n++) {
        model.advance(now);
        if (model.delay(now, cost) > 0) break;
        due -= 1;
        result.sent.push(now);
        const sent = model.send(now, cost);
        const answer = server(now);
        const at = now + roundTrip;
        const run = () => {
          if (answer.kind === 'accepted') result.accepted++;
          else result.refused++;
          model.advance(at);
          model.settle(sent, at, answer);
        };
        if (roundTrip === 0) run();
        else flying.push({ at, run });
      }
    } while (flying[0] && flying[0].at <= now);
  }
  result.now = from + load.for;
  return result;
}

export interface BucketOptions {
  /** Tokens per second. */
  readonly rate: number;
  readonly burst: number;
  /** Whether refusals ask to wait whole seconds, or all answers report what is left too. @default neither */
  readonly hint?: 'wait' | 'quota';
}

/** A server with a token bucket. */
export function bucket({ rate, burst, hint }: BucketOptions): (now: number) => Answer {
  let tokens = burst;
  let last = 0;
  return (now) => {
    tokens = Math.min(burst, tokens + ((now - last) * rate) / 1000);
    last = now;
    const accepted = tokens >= 1;
    if (accepted) tokens--;
    const wait = Math.max(1, Math.ceil((1 - tokens) / rate)) * 1000;
    const quota = { limit: rate, window: 1_000, remaining: Math.floor(tokens), reset: 1_000 };
    return {
      kind: accepted ? 'accepted' : 'refused',
      ...(!accepted && hint && { wait }),
      ...(hint === 'quota' && { quotas: [quota] }),
    };
  };
}

/** A server that accepts `limit` requests in each window of `per` ms and reports this. Windows begin 300 ms before a multiple of `per`. */
export const window = (limit: number, per: number) => {
  let used = 0;
  let number = 0;
  return (now: number) => {
    const current = Math.floor((now + 300) / per);
    if (current !== number) used = 0;
    number = current;
    const accepted = used < limit;
    if (accepted) used++;
    const reset = Math.ceil(((number + 1) * per - 300 - now) / 1000) * 1000;
    const quotas = [{ name: 'default', limit, window: per, remaining: limit - used, reset }];
    return accepted ? ({ kind: 'accepted', quotas } as const) : ({ kind: 'refused', wait: reset, quotas } as const);
  };
};
