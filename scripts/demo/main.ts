// Shows what the packages do when servers fail.
//
//   pnpm demo [URL]

import { seededRandom } from '@steadfetch/testing';
import { HELP, parseArguments } from './arguments.ts';
import { scaledClock } from './scaled-clock.ts';
import { showFetch, showKy } from './scenes/loopback.ts';
import { showMsw } from './scenes/msw.ts';
import { showOwnUrl } from './scenes/own-url.ts';
import { showRateLimit } from './scenes/rate-limit.ts';
import type { Stage } from './scenes/scene.ts';
import { summarize } from './summary.ts';
import { terminalOf } from './terminal.ts';
import { problemOfCall, problemOfText } from './url-problem.ts';

/** The same chances each time, so that the demo looks its best. */
const SEED = 5;

/** Gives the exit code. */
async function main(): Promise<number> {
  const { help, problem, url, speed } = parseArguments(process.argv.slice(2));
  if (help) {
    (problem ? console.error : console.log)(problem ? `${problem}\n\n${HELP}` : HELP);
    return problem ? 1 : 0;
  }
  const terminal = terminalOf(process.stdout, process.env);
  const stage = { terminal, clock: scaledClock(speed), random: seededRandom(SEED) };
  return url === undefined ? showAll(stage) : showUrl(stage, url);
}

async function showAll(stage: Stage): Promise<number> {
  const traces = [...(await showKy(stage)), ...(await showFetch(stage)), ...(await showMsw(stage))];
  stage.terminal.print(...summarize(traces), '');
  await showRateLimit(stage);
  stage.terminal.print('The same against a server of yours: pnpm demo https://example.com/');
  return 0;
}

async function showUrl(stage: Stage, url: string): Promise<number> {
  const problem = problemOfText(url) ?? (await problemOfCall(url));
  if (problem !== undefined) {
    console.error(problem);
    return 1;
  }
  stage.terminal.print(...summarize(await showOwnUrl(stage, url)));
  return 0;
}

process.stdout.on('error', () => process.exit()); // whoever read has seen enough
process.exitCode = await main();
