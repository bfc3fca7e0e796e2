import { type Clock, discard, type Fetch } from 'steadfetch';
import { monotonic, settle } from 'steadfetch/kit';

/** What a crowd of workers has sent so far, by the time it was answered. */
export interface CrowdReport {
  /** Answers per bucket of `BUCKET` milliseconds. */
  readonly accepted: readonly number[];
  readonly refused: readonly number[];
  readonly done: number;
  /** Jobs whose last answer was a refusal. */
  readonly lost: number;
  /** Milliseconds since it began. */
  readonly elapsed: number;
}

export interface Crowd {
  /** What the client under test sends through. */
  readonly send: Fetch;
  report(): CrowdReport;
  /** Does all jobs, each worker one after the other. */
  work(client: Fetch, url: string): Promise<void>;
}

export const BUCKET = 100;

export function crowd({ jobs, workers, clock }: { jobs: number; workers: number; clock: Clock }): Crowd {
  const now = monotonic(clock);
  const accepted: number[] = [];
  const refused: number[] = [];
  let startedAt = now();
  let endedAt: number | undefined;
  let left = jobs;
  let done = 0;
  let lost = 0;

  const send: Fetch = async (input, init) => {
    const response = await fetch(input, init);
    const answers = response.ok ? accepted : refused;
    const bucket = Math.floor((now() - startedAt) / BUCKET);
    answers[bucket] = (answers[bucket] ?? 0) + 1;
    return response;
  };

  const worker = async (client: Fetch, url: string) => {
    while (left-- > 0) {
      const { response } = await settle(client(url));
      if (response) discard(response);
      if (response?.ok) done++;
      else lost++;
    }
  };

  return {
    send,
    report: () => ({ accepted, refused, done, lost, elapsed: (endedAt ?? now()) - startedAt }),
    work: async (client, url) => {
      startedAt = now();
      await Promise.all(Array.from({ length: workers }, () => worker(client, url)));
      endedAt = now();
    },
  };
}
