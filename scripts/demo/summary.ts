import type { Trace } from './trace.ts';

/** What all the calls came to, in words. */
export function summarize(traces: readonly Trace[]): string[] {
  const ended = (how: string) => traces.filter(({ end }) => end?.how === how).length;
  const attempts = traces.reduce((sum, trace) => sum + trace.attempts.length, 0);
  const waits = traces.flatMap((trace) => trace.waits);
  const asked = waits.filter(({ source }) => source !== 'backoff').length;
  return [
    `${traces.length} calls, ${attempts} attempts: ${ended('recovered')} recovered, ${ended('gave up')} gave up, ` +
      `${ended('first try') + ended('handed on')} needed no retry.`,
    `${waits.length} waits: ${waits.length - asked} as long as the backoff says, ${asked} as long as the server says.`,
  ];
}
