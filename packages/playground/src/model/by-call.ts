import type { Recording } from './recording.ts';

/** The events in the order of their calls, by a counting sort. */
export function byCall({ calls, events }: Pick<Recording, 'calls' | 'events'>): {
  first: Uint32Array<ArrayBuffer>;
  byCall: Uint32Array<ArrayBuffer>;
} {
  const first = new Uint32Array(calls.start.length + 1);
  for (const call of events.call) first[call + 1]!++;
  for (let call = 1; call < first.length; call++) first[call]! += first[call - 1]!;
  const next = first.slice();
  const order = new Uint32Array(events.call.length);
  events.call.forEach((call, event) => {
    order[next[call]!++] = event;
  });
  return { first, byCall: order };
}
