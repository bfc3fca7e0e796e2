// What each client makes of an outage: a table of two settings, and a picture of the first.
//
//   node packages/bench/src/storms/run.ts

import { type StormReport, simulate } from '@steadfetch/testing';
import { publish } from '../publish.ts';
import { CLIENTS } from './clients.ts';
import { drawStorm } from './draw.ts';
import { healthy, percent, STORM, TIGHT_STORM } from './settings.ts';

const reports: [name: string, report: StormReport, tight: StormReport][] = [];
for (const [name, client] of Object.entries(CLIENTS)) {
  reports.push([name, await simulate({ ...STORM, client }), await simulate({ ...TIGHT_STORM, client })]);
}

publish({
  name: 'storms',
  file: import.meta.filename,
  peers: ['ky', 'p-retry', 'fetch-extras', 'fetch-retry', 'cockatiel'],
  notes: [
    'The service can do 1,000 requests a second and fails all from 10 s to 20 s. Left: 800 calls a second, refusing costs',
    'half a request. Right: 900 calls a second, refusing costs 0.8. Healthy again: the first second after the outage with',
    'lasting 99 % success; 27 s or more is when the calls end, not a recovery.',
  ],
  head: [
    'client',
    ...['success when calm', 'requests per call while down', 'healthy again after'],
    ...['900/s: requests per call', '900/s: healthy again after'],
  ],
  rows: reports.map(([name, report, tight]) => [
    name,
    percent(report.calmSuccess),
    report.sentPerCallDown!.toFixed(2),
    healthy(report.healthyAfter),
    tight.sentPerCallDown!.toFixed(2),
    healthy(tight.healthyAfter),
  ]),
});

const drawn = ['steadfetch retry()', 'fetch-extras', 'fetch-retry', 'ky', 'p-retry, 3 retries', 'cockatiel, 3 retries'];
drawStorm(reports.filter(([name]) => drawn.includes(name)).map(([name, { rows }]) => ({ name, rows })));
