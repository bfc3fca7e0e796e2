import { fakeFetch, type Reply } from '@steadfetch/testing';
import type { Fetch } from 'steadfetch';
import { redactUrl } from 'steadfetch/kit';
import { type ClientMaker, fetchALaCarte, kyWithHooks } from '../clients.ts';
import type { Trace } from '../trace.ts';
import { play, type Stage } from './scene.ts';

const SPAN = 2_000;
const PATIENCE = 5_000;

interface Variation {
  readonly title: string;
  readonly client: ClientMaker;
  /** What happens before a request leaves this machine. */
  readonly madeUp: readonly Reply[];
}

const BUSY: Reply = { status: 503, headers: { 'retry-after': '1' } };
const VARIATIONS: readonly Variation[] = [
  { title: 'fetch  as it is', client: fetchALaCarte, madeUp: [] },
  { title: 'fetch  after a made-up reset', client: fetchALaCarte, madeUp: [{ fault: 'reset' }] },
  { title: 'ky     as it is', client: kyWithHooks, madeUp: [] },
  { title: 'ky     after a made-up 503', client: kyWithHooks, madeUp: [BUSY] },
];

/** The same against a URL of the user's: four GETs, and what goes wrong before two of them is played on this machine. */
export function showOwnUrl(stage: Stage, url: string): Promise<Trace[]> {
  const { clock, random } = stage;
  const plays = VARIATIONS.map(({ title, client, madeUp }) => ({
    title,
    call: (tracer: Parameters<ClientMaker>[0]) =>
      client(tracer, { clock, random, network: after(madeUp), patience: PATIENCE })(url),
  }));
  return play(stage, { client: 'fetch and ky, two GETs each', server: redactUrl(url), span: SPAN, plays });
}

/** Plays the replies without sending anything, then lets calls through. */
function after(replies: readonly Reply[]): Fetch {
  if (replies.length === 0) return fetch;
  const played = fakeFetch(replies);
  return (input, init) => (played.calls.length < replies.length ? played : fetch)(input, init);
}
