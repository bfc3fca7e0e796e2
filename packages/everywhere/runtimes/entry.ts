import { requestsAtOnce } from './requests.ts';
import type { Place } from './scene.ts';
import { runSuite } from './suite.ts';

export { answerByCall } from './requests.ts';

/** Runs the suite and leaves the results at the server. `servers` are those that answer by a call of their own, by what their checks are called. */
export async function report(place: Place, name: string, servers: Record<string, typeof fetch> = {}): Promise<void> {
  const checks = Object.entries(servers).map(([kind, server]) => requestsAtOnce(server, kind));
  const results = await runSuite(place, Object.assign({}, ...checks));
  await fetch(`${place.origin}/report/${name}`, { method: 'POST', body: JSON.stringify(results) });
}
