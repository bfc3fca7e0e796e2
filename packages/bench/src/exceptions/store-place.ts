import type { Clock, Random } from '@steadfetch/core';
import {
  decide,
  type LimitState,
  type Question,
  type Reply,
  type SharedStore,
  storeOf,
} from '@steadfetch/shared-limit';
import type { VirtualTime } from '@steadfetch/testing/simulation';

/** What happens to a question on its way to the place: it fails, is never answered, or is answered so much later. */
type Fault = 'fails' | 'hangs' | number;

export interface StoreWorld {
  /** The limit of all together, where it is known. */
  readonly limit?: { requests: number; per: number };
  readonly fault?: (at: number, random: Random, client: number) => Fault;
  /** The place loses what it keeps each so many milliseconds. */
  readonly forgets?: number;
}

interface Parts {
  readonly time: VirtualTime;
  readonly clock: Clock;
  readonly random: Random;
  readonly index: number;
}

interface Place {
  readonly states: Map<string, LimitState>;
  emptiedAt: number;
}

const places = new WeakMap<VirtualTime, Place>();

/** A store of one client of a run: all of them ask the same place, which takes a millisecond each way. */
export function storeIn({ time, clock, random, index }: Parts, world: StoreWorld = {}): SharedStore {
  const place = places.get(time) ?? { states: new Map(), emptiedAt: 0 };
  places.set(time, place);
  const { limit, fault, forgets = Infinity } = world;
  const ask = async (key: string, question: Question): Promise<Reply> => {
    const happens = fault?.(time.elapsed, random, index) ?? 0;
    if (happens === 'hangs') return new Promise(() => {});
    await time.sleep(1);
    if (happens === 'fails') throw new Error('the store is not there');
    if (happens > 0) await time.sleep(happens);
    if (time.elapsed - place.emptiedAt > forgets) {
      place.states.clear();
      place.emptiedAt = time.elapsed;
    }
    const [state, reply] = decide(place.states.get(key), time.now(), structuredClone(question));
    place.states.set(key, state);
    await time.sleep(1);
    return structuredClone(reply);
  };
  return storeOf(ask, { clock, limit });
}
