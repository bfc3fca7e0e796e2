import { rateLimit } from 'steadfetch';
import type { LineChart } from '../plot/line-chart.ts';
import { steadfetch } from './clients.ts';
import { bucket } from './limits.ts';
import { type Client, live } from './live.ts';
import type { Row } from './row.ts';
import type { History } from './score.ts';

/** What a picture shows. */
interface Scene {
  readonly title: string;
  readonly row: Row;
  readonly shown: number;
  /** Length of a slice, in milliseconds. */
  readonly slice: number;
  readonly top: number;
}

const FORTY: Row = { name: '', limit: bucket(100, 20), hint: 'seconds', load: { workers: 40 }, lasts: 60_000 };
const SEED = 1;

const ALONE: Scene = {
  title: 'One process at a server that allows 100 a second, with Retry-After',
  row: { ...FORTY, lasts: 20_000 },
  shown: 20_000,
  slice: 250,
  top: 160,
};
const LIAR: Scene = {
  title: 'A server that allows 100 a second and says in each answer that 20 are left',
  row: { ...FORTY, hint: 'always-left', lasts: 30_000 },
  shown: 30_000,
  slice: 250,
  top: 160,
};
const FLEET: Scene = {
  title: 'Five processes that do not know of each other share 100 a second, no hint',
  row: { ...FORTY, hint: 'nothing', processes: 5, load: { workers: 8 }, apart: 5_000, lasts: 90_000 },
  shown: 90_000,
  slice: 2_000,
  top: 60,
};

/**
 * Calls, refusals and pace over time, for one process, a server that lies and five processes. By the names of their
 * files.
 */
export async function pictures(): Promise<Record<string, LineChart>> {
  return {
    'limits-alone': await aloneChart(ALONE),
    'limits-lie': await aloneChart(LIAR),
    'limits-fleet': await fleetChart(FLEET),
  };
}

async function aloneChart(scene: Scene): Promise<LineChart> {
  const paces: number[] = [];
  const history = await live(scene.row, watched(scene, paces), SEED);
  const lines = [
    { name: 'accepted', values: perSecond(history.accepted, scene), accent: true },
    { name: 'refused', values: perSecond(history.refused, scene) },
    { name: 'pace', values: paces },
    constant('allowed', scene.row.limit.rate, scene),
  ];
  return chartOf(scene, lines);
}

async function fleetChart(scene: Scene): Promise<LineChart> {
  const { processes = 1, limit } = scene.row;
  const history = await live(scene.row, steadfetch, SEED);
  const of = (process: number) => history.accepted.filter((one) => one.process === process);
  const lines = [
    ...Array.from({ length: processes }, (_, process) => ({
      name: `process ${process + 1}`,
      values: perSecond(of(process), scene),
    })),
    { name: 'refused, of all', values: perSecond(history.refused, scene), accent: true },
    constant('equal share', limit.rate / processes, scene),
  ];
  return chartOf(scene, lines);
}

function chartOf(scene: Scene, lines: LineChart['lines']): LineChart {
  return {
    title: scene.title,
    unit: 'Requests per second',
    x: { label: 's', step: scene.slice / 1_000, every: 5 * Math.ceil(scene.shown / 50_000) },
    y: { max: scene.top, every: 20 },
    lines,
  };
}

/**
 * The middleware, with the pace that it believes in at the end of each slice. The pace of a free gate is out of the
 * picture.
 */
function watched({ slice, shown }: Scene, paces: number[]): Client {
  return (fetch, { clock, random }) => {
    const limiter = rateLimit({ clock, random });
    const watch = async () => {
      while (paces.length < shown / slice) {
        await clock.sleep(slice);
        paces.push(limiter.snapshot()[0]?.rate ?? Infinity);
      }
    };
    void watch();
    return limiter(fetch);
  };
}

function constant(name: string, value: number, { slice, shown }: Scene): { name: string; values: number[] } {
  return { name, values: Array.from({ length: shown / slice }, () => value) };
}

/** How many a second happened in each slice. */
function perSecond(events: History['accepted'], { slice, shown }: Scene): number[] {
  const counts = Array.from({ length: Math.ceil(shown / slice) }, () => 0);
  for (const { at } of events) {
    const index = Math.floor(at / slice);
    if (index < counts.length) counts[index]! += 1_000 / slice;
  }
  return counts;
}
