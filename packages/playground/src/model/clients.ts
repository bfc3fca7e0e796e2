import { plain as plainClient } from '@steadfetch/bench/harm/clients';
import { compose, retry, timeout } from 'steadfetch';
import type { MakeClient } from './recorder.ts';
import type { Scene } from './scene.ts';
import type { Way } from './ways.ts';

/** The clients with which the calls of a scene are compared. */
export function clientOf(way: Exclude<Way, 'yours'>, { server, load }: Scene): MakeClient {
  if (way === 'none') return (fetch) => fetch;
  if (server.kind === 'service') return withoutBudget;
  return load.method === 'POST' ? careless : plainClient;
}

/** As in the benchmark of storms. */
const withoutBudget: MakeClient = (fetch, { clock, random }) => retry({ clock, random, budget: false })(fetch);

/** A plain retry that ignores the method, so it also repeats a POST. */
const careless: MakeClient = (fetch, { clock, random }) =>
  compose(
    timeout(30_000, { clock }),
    retry({ clock, random, budget: false, idempotent: true }),
    timeout(10_000, { clock }),
  )(fetch);
