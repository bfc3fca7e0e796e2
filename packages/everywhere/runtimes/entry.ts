import { requestsAtOnce } from './requests.ts';
import type { Place } from './scene.ts';
import { runSuite } from './suite.ts';

export { answerByCall } from './requests.ts';

/** Runs the suite and leaves the results at the server. `self` asks the server in which it runs, if it is one. */
export async function report(place: Place, name: string, self?: typeof fetch): Promise<void> {
  const results = await runSuite(place, self && requestsAtOnce(self));
  await fetch(`${place.origin}/report/${name}`, { method: 'POST', body: JSON.stringify(results) });
}
