import { seededRandom, VirtualTime } from '@steadfetch/testing/simulation';
import { describe, expect, it } from 'vitest';
import type { Keepers } from '../src/model/beliefs.ts';
import { byCall } from '../src/model/by-call.ts';
import { type CodeError, evaluate } from '../src/model/evaluate.ts';
import { formatLink, readLink, type State, sceneOf, stateOf } from '../src/model/link.ts';
import { isWorse } from '../src/model/measures.ts';
import { PRESETS } from '../src/model/presets.ts';
import { runScene } from '../src/model/run-scene.ts';
import { codeOf, LAYERS, stackOf } from '../src/model/stack.ts';
import { Called } from '../src/model/value.ts';

const scene = (server: object, load: object) =>
  sceneOf({ server: { kind: 'trouble', ...server }, load: { kind: 'open', lasts: 5_000, ...load }, seed: 7 }, []);

function build(code: string, keepers: Keepers = []) {
  const time = new VirtualTime(0);
  return evaluate(code)(async () => new Response('done'), { clock: time, random: seededRandom(1), keepers });
}

function errorOf(code: string): CodeError {
  try {
    build(code);
  } catch (error) {
    return error as CodeError;
  }
  throw new Error('it ran');
}

describe('evaluate', () => {
  it('takes an expression, or statements that return a middleware', async () => {
    const codes = [
      'retry();',
      'compose(\n  retry(),\n  timeout(1_000),\n);\n',
      'const most = 3;\nreturn retry({ maxRetries: most });',
      'const most = 3; return retry({ maxRetries: most });',
      'if (true) { return retry(); }',
    ];

    for (const code of codes) expect(await (await build(code)('https://api.test')).text()).toBe('done');
  });

  it('asks what keeps state, and gives it the time of the simulation', () => {
    const kinds = (code: string) => {
      const keepers: Keepers = [];
      build(code, keepers);
      for (const { snapshot } of keepers) snapshot();
      return keepers.map(({ kind }) => kind);
    };

    expect(kinds('compose(retry(), rateLimit(), circuitBreaker(), concurrency(4))')).toEqual([
      'retryBudget',
      'rateLimit',
      'circuitBreaker',
      'concurrency',
    ]);
    expect(kinds('standard({ rateLimit: true })')).toEqual(['retryBudget', 'rateLimit']);
    expect(kinds('retry({ budget: false })')).toEqual([]);
  });

  it('gives the time of the simulation to rules that are listed', async () => {
    const code = 'retryWith(onStatus(503), maxRetries(2))';

    const { measures } = await runScene(scene({ reply: '503', share: 0.3 }, {}), code, { way: 'yours' });

    expect(measures.map(({ id }) => id)).not.toContain('open'); // no call waits for the real time
  });

  it('names the line of what a function of the packages refuses', () => {
    const error = errorOf('compose(\n  retry(),\n  timeout(-5),\n)');

    expect(error.message).toContain('timeout');
    expect(error.line).toBe(3);
    expect(errorOf('const a = 1;\nconst b = missing;\nreturn retry();').line).toBe(2);
  });

  it('says what is missing where the code is no middleware', () => {
    expect(errorOf('compose(retry()').message).toMatch(/missing|unexpected/i);
    expect(errorOf("import { retry } from 'steadfetch';\nretry()").message).toContain('without imports');
    expect(errorOf('const stack = retry();').message).toContain('statements that return one');
    expect(errorOf(' ').message).toContain('there is no stack');
    expect(errorOf('5').message).toContain('must be a middleware');
    expect(errorOf('retry()((input) => Promise.resolve(input))').message).toContain('leave out the (fetch)');
  });
});

describe('a stack as form and as code', () => {
  it.each(PRESETS.map(({ id, code }) => [id, code]))('is the same in both for the preset %s', (_, code) => {
    expect(codeOf(stackOf(code)!)).toBe(code);
  });

  it('reads literals, nested options and calls', () => {
    const code =
      "retry({ maxRetries: { total: 3, status: 1 }, delay: fullJitter(exponential({ base: 100 })), statuses: [429, 503], methods: ['GET'], budget: false })";

    const [layer] = stackOf(code)!;

    expect(layer).toEqual(
      new Called('retry', [
        {
          maxRetries: { total: 3, status: 1 },
          delay: new Called('fullJitter', [new Called('exponential', [{ base: 100 }])]),
          statuses: [429, 503],
          methods: ['GET'],
          budget: false,
        },
      ]),
    );
    expect(stackOf(codeOf([layer!]))).toEqual([layer]);
  });

  it.each([
    'retry({ shouldRetry: () => true })',
    'const a = retry(); return a;',
    'retry() // twice',
    'compose(retry(), mine())',
    'retry(',
    'observe(console.log)',
    'retry({ ...more })',
    "retry({ methods: ['\\x47ET'] })",
  ])('leaves as code what a form cannot show: %s', (code) => {
    expect(stackOf(code)).toBeUndefined();
  });

  it('offers layers that can be built as they are', () => {
    const added = (name: string) => (name === 'timeout' ? [1_000] : name === 'concurrency' ? [8] : []);

    for (const name of LAYERS) expect(build(codeOf([new Called(name, added(name))]))).toBeTypeOf('function');
  });
});

describe('a link', () => {
  const own: State = {
    scene: scene({ reply: '429', share: 0.25 }, { perSecond: 12.5 }),
    code: "compose(\n  retry({ maxRetries: 4 }), // not more: 'ä'\n)",
  };

  it('names a preset, and holds anything else as a whole', async () => {
    expect(await formatLink(stateOf(PRESETS[1]!))).toBe('#p=storm');
    expect(await readLink('#p=storm')).toEqual({ state: stateOf(PRESETS[1]!), said: [] });
    expect(await formatLink(own)).toMatch(/^#s=[\w-]+$/);
    expect(await readLink(await formatLink(own))).toEqual({ state: own, said: [] });
  });

  it('says what of it was not understood, and shows the first preset', async () => {
    const fallback = stateOf(PRESETS[0]!);

    for (const hash of ['#p=none', '#s=broken', '#s=', '#else', '#s=AAAA']) {
      const { state, said } = await readLink(hash);

      expect(state).toEqual(fallback);
      expect(said).toHaveLength(1);
    }
    expect(await readLink('')).toEqual({ state: fallback, said: [] });
  });

  it('replaces a number or word that is not possible, and names it', () => {
    const said: string[] = [];

    const { server, load, seed } = sceneOf(
      {
        server: { kind: 'bucket', rate: -4, hint: 'a riddle' },
        load: { kind: 'bursts', size: 5 },
        seed: 1.5,
      },
      said,
    );

    expect(server).toMatchObject({ rate: 100, hint: 'seconds' });
    expect(load.kind).toBe('workers');
    expect(seed).toBe(1);
    expect(said).toHaveLength(3);
    const lost = sceneOf({ server: { kind: 'everyday', name: 'not there' }, load: { kind: 'own' }, seed: 1 }, said);
    expect(lost.server.name).not.toBe('not there');
    expect(said.at(-1)).toContain('not there');
  });
});

describe('a recording', () => {
  it('is the same each time for a seed, and another for another', async () => {
    const noisy = scene({ reply: '503', share: 0.3 }, { perSecond: 20 });

    const [first, again, other] = await Promise.all([
      runScene(noisy, 'retry()', { way: 'yours' }),
      runScene(noisy, 'retry()', { way: 'yours' }),
      runScene({ ...noisy, seed: 8 }, 'retry()', { way: 'yours' }),
    ]);

    expect(again).toEqual(first);
    expect(other!.events.at).not.toEqual(first!.events.at);
  });

  it('tells the story of each call in order', async () => {
    const one = scene({ reply: '503', retryAfter: 1, nth: 1 }, { perSecond: 1, lasts: 1_000 });

    const run = await runScene(one, 'retry()', { way: 'yours' });
    const { first, byCall: order } = byCall(run);

    expect([...first]).toEqual([0, run.events.at.length]);
    expect([...order]).toEqual([...run.events.at.keys()]);
    expect(run.calls.requests[0]).toBe(2);
    expect(run.calls.end[0]).toBeGreaterThanOrEqual(1_000);
    expect(run.words).toContain('retry-after');
  });

  it('counts orders that a server placed twice, which a key prevents', async () => {
    const orders = scene({ reply: 'lost', share: 0.5, latency: 50 }, { perSecond: 4, method: 'POST' });
    const twice = async (code: string) => {
      const { measures } = await runScene(orders, code, { way: 'yours' });
      return measures.find(({ id }) => id === 'twice')!.value;
    };

    expect(await twice('retry({ idempotent: true })')).toBeGreaterThan(0);
    expect(await twice('compose(idempotencyKey(), retry())')).toBe(0);
    expect(await twice('compose()')).toBe(0);
  });

  it('has the beliefs of what keeps state, and calls in flight for a stack without', async () => {
    const limited = sceneOf(
      { server: { kind: 'bucket', rate: 50 }, load: { kind: 'workers', workers: 10, lasts: 3_000 }, seed: 1 },
      [],
    );
    const names = async (code: string) => {
      const { beliefs } = await runScene(limited, code, { way: 'yours' });
      return beliefs.map(({ name }) => name).sort();
    };

    expect(await names('rateLimit()')).toEqual(['gate', 'open', 'pace', 'waiting']);
    expect(await names('compose()')).toEqual(['open']);
  });

  it('runs every kind of trouble, load and server', async () => {
    const replies = ['503', '429', '500', '502', '504', 'reset', 'offline', 'hang', 'slow', 'lost'];
    const scenes = [
      ...replies.map((reply) => scene({ reply, share: 0.5 }, { perSecond: 4, lasts: 1_000 })),
      scene({ from: 500, to: 900, paths: 'one path of three' }, { kind: 'bursts', size: 5, every: 200, lasts: 1_000 }),
      scene({ every: 300, to: 100, share: 1 }, { kind: 'workers', workers: 2, lasts: 1_000 }),
      ...['gcra', 'window', 'concurrency'].map((kind) =>
        sceneOf({ server: { kind }, load: { kind: 'open', lasts: 1_000 }, seed: 1 }, []),
      ),
      ...['sliding log', 'sliding counter'].map((slides) =>
        sceneOf({ server: { kind: 'window', slides, noise: 0.1 }, load: { kind: 'open', lasts: 1_000 }, seed: 1 }, []),
      ),
    ];

    for (const one of scenes) {
      const { measures, calls } = await runScene(one, 'standard()', { way: 'yours' });
      expect(calls.start.length).toBeGreaterThan(0);
      expect(measures.every(({ value }) => !Number.isNaN(value))).toBe(true);
    }
  });
});

describe('worse than a plain retry', () => {
  const slack = { part: 0, plus: 0.015 };
  const success = (value: number) =>
    ({ id: 'success', title: '', unit: 'share', better: 'more', slack, value }) as const;

  it('is what the benchmark of harm calls so', () => {
    expect(isWorse(success(0.9), success(0.95))).toBe(true);
    expect(isWorse(success(0.94), success(0.95))).toBe(false);
    expect(isWorse(success(0.96), success(0.95))).toBe(false);
    expect(isWorse(success(0.1), undefined)).toBe(false);
    expect(isWorse({ id: 'refused', title: '', unit: 'count', value: 9 }, success(1))).toBe(false);
    const back = { id: 'back', title: '', unit: 'ms', better: 'less', slack: { part: 0, plus: 15_000 } } as const;
    expect(isWorse({ ...back, value: Infinity }, { ...back, value: 20 })).toBe(true);
    expect(isWorse({ ...back, value: Infinity }, { ...back, value: Infinity })).toBe(false);
  });
});
