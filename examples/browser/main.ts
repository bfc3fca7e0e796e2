// A page that draws the attempts of each call as they happen. The server is an msw worker.
//
//   pnpm --filter @steadfetch/examples browser

import { flaky } from '@steadfetch/testing/msw';
import { setupWorker } from 'msw/browser';
import { callView, drawAxis } from './call-view.ts';
import { run } from './run.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const worker = setupWorker();
await worker.start({ onUnhandledFrame: 'bypass', quiet: true });

const buttons = document.querySelector('#scenarios')!;
const calls = document.querySelector<HTMLElement>('#calls')!;
drawAxis(document.querySelector('#axis')!);

let count = 0;
for (const scenario of SCENARIOS) {
  const button = document.createElement('button');
  button.textContent = scenario.name;
  button.addEventListener('click', () => void call(scenario));
  buttons.append(button);
}

/** Each call has its own URL, and so its own scripted server. */
async function call(scenario: Scenario): Promise<void> {
  const url = `https://api.test/${++count}`;
  worker.use(flaky(url, scenario.script));
  await run(scenario, url, callView(calls, scenario.name));
}
