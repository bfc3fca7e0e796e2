/** A field of a form: what it may be. */
export interface Field {
  readonly name: string;
  readonly title: string;
  readonly kind: 'number' | 'choice';
  readonly default: number | string;
  readonly min?: number;
  readonly max?: number;
  /** Only whole numbers. */
  readonly integer?: boolean;
  readonly unit?: string;
  readonly values?: readonly string[];
  /** Labels of the values, if the values do not explain themselves. */
  readonly titles?: Readonly<Record<string, string>>;
  readonly about?: string;
  /** Whether it is less important: it is folded away while it has its default. */
  readonly rare?: boolean;
}

/** A server or a load: a kind, and a number or a word for each field of that kind. */
export interface Choice {
  readonly kind: string;
  readonly [field: string]: number | string;
}

/** The calls, the server, and the seed of all random numbers. */
export interface Scene {
  readonly server: Choice;
  readonly load: Choice;
  readonly seed: number;
}

export interface Kind {
  readonly title: string;
  readonly fields: readonly Field[];
}

const number = (name: string, title: string, value: number, more: Partial<Field> = {}): Field => ({
  name,
  title,
  kind: 'number',
  default: value,
  min: 0,
  max: 1_000_000,
  ...more,
});
const choice = (name: string, title: string, values: readonly string[]): Field => ({
  name,
  title,
  kind: 'choice',
  default: values[0]!,
  values,
});
const titled = (name: string, title: string, titles: Readonly<Record<string, string>>): Field => ({
  ...choice(name, title, Object.keys(titles)),
  titles,
});
const rare = { rare: true };
const whole = { integer: true, min: 1 };
const share = { max: 1, unit: 'of requests' };
const ms = { unit: 'ms', max: 3_600_000 };
const latency = number('latency', 'round trip', 20, { ...ms, ...rare, min: 1 });

const HINTS = {
  seconds: 'Retry-After',
  nothing: 'nothing',
  ms: 'retry-after-ms',
  fields: 'RateLimit',
  'x-fields': 'X-RateLimit',
  long: 'always Retry-After 5',
  'wrong-policy': 'a wrong RateLimit-Policy',
  'always-left': 'that a burst is left',
};

const REPLIES = {
  '503': '503',
  '429': '429',
  '500': '500',
  '502': '502',
  '504': '504',
  reset: 'connection reset',
  offline: 'offline',
  hang: 'no answer',
  slow: 'slow answer',
  lost: 'done, but no answer',
};

/** Fields of all servers with a limit. */
const LIMITED: readonly Field[] = [
  titled('hint', 'tells', HINTS),
  { ...choice('status', 'refuses with', ['429', '503']), ...rare },
  number('noise', 'refused at random', 0, { ...share, ...rare }),
  { ...latency, default: 1, min: 0 },
];

/** The kinds of servers, with the fields of each. */
export const SERVERS: Readonly<Record<string, Kind>> = {
  service: {
    title: 'a service with little spare capacity',
    fields: [
      number('capacity', 'capacity', 1_000, { unit: '/s', min: 1, max: 20_000 }),
      number('shedCost', 'a refusal costs', 0.5, { ...rare, unit: 'of a request', max: 10 }),
      number('failRate', 'fails at random', 0.01, share),
      number('from', 'outage from', 10_000, ms),
      number('to', 'to', 20_000, ms),
      { ...latency, default: 20 },
    ],
  },
  bucket: {
    title: 'a limit: token bucket',
    fields: [
      number('rate', 'rate', 100, { unit: '/s', min: 0.1, max: 10_000 }),
      number('burst', 'burst', 20, { ...whole, max: 10_000 }),
      ...LIMITED,
      number('changeAt', 'changes at', 0, { ...ms, ...rare, about: '0: never' }),
      number('changeBy', 'then it is times', 1, { ...rare, min: 0.01, max: 100 }),
    ],
  },
  gcra: {
    title: 'a limit: GCRA',
    fields: [
      number('rate', 'rate', 80, { unit: '/s', min: 0.1, max: 10_000 }),
      number('burst', 'burst', 10, { ...whole, max: 10_000 }),
      ...LIMITED,
    ],
  },
  window: {
    title: 'a limit: window',
    fields: [
      number('quota', 'quota', 60, { ...whole, max: 100_000 }),
      number('window', 'window', 1_000, { ...ms, min: 100 }),
      choice('slides', 'window', ['fixed', 'sliding log', 'sliding counter']),
      ...LIMITED,
    ],
  },
  concurrency: {
    title: 'a limit: requests in flight',
    fields: [
      number('most', 'at a time', 10, { ...whole, max: 10_000 }),
      number('service', 'each takes', 100, { ...ms, min: 1 }),
      ...LIMITED,
    ],
  },
  trouble: {
    title: 'a server with trouble',
    fields: [
      titled('reply', 'trouble', REPLIES),
      number('share', 'hits', 0.05, share),
      number('retryAfter', 'Retry-After', 0, { ...rare, unit: 's', max: 86_400, about: '0: no hint' }),
      number('from', 'from', 0, { ...ms, ...rare }),
      number('to', 'to', 0, { ...ms, ...rare, about: '0: to the end' }),
      number('every', 'again every', 0, { ...ms, ...rare, about: '0: once' }),
      number('nth', 'only request number', 0, { ...rare, integer: true, about: '0: any' }),
      { ...choice('paths', 'hits', ['all paths', 'one path of three']), ...rare },
      latency,
      number('slowTo', 'meanwhile an answer takes', 0, { ...ms, ...rare, about: '0: as long as always' }),
    ],
  },
  everyday: { title: 'an everyday situation of the benchmark', fields: [] },
};

const lasts = number('lasts', 'for', 60_000, { unit: 'ms', min: 1_000, max: 3_600_000 });
const method = { ...choice('method', 'method', ['GET', 'POST']), ...rare };
const processes = number('processes', 'processes', 1, { ...whole, ...rare, max: 100 });

export const LOADS: Readonly<Record<string, Kind>> = {
  open: {
    title: 'calls a second',
    fields: [number('perSecond', 'calls', 20, { unit: '/s', min: 0.1, max: 2_000 }), lasts, method, processes],
  },
  workers: {
    title: 'workers',
    fields: [number('workers', 'workers', 40, { ...whole, max: 500 }), lasts, method, processes],
  },
  bursts: {
    title: 'bursts',
    fields: [
      number('size', 'calls at once', 60, { ...whole, max: 2_000 }),
      number('every', 'every', 10_000, { ...ms, min: 100 }),
      lasts,
      method,
    ],
  },
  own: { title: 'of the situation', fields: [] },
};

/** Servers to begin with: a kind with some of its fields set. */
export const READY_MADE: Readonly<Record<string, Choice>> = {
  'no trouble': { kind: 'trouble', share: 0 },
  'an outage of ten seconds': { kind: 'trouble', reply: '503', share: 1, from: 10_000, to: 20_000 },
  'a brownout: slow, and a third fails': {
    kind: 'trouble',
    reply: '503',
    share: 0.33,
    from: 10_000,
    to: 30_000,
    slowTo: 3_000,
  },
  'noise: one answer in fifty refuses': { kind: 'trouble', reply: '429', share: 0.02 },
  'one path of three is down': { kind: 'trouble', reply: '503', share: 1, paths: 'one path of three' },
  'a restart each minute': { kind: 'trouble', reply: 'reset', share: 1, from: 5_000, to: 6_500, every: 60_000 },
};

/** The possible loads for each kind of server. */
export function loadsOf(server: string): readonly string[] {
  if (server === 'everyday') return ['own'];
  if (server === 'service') return ['open'];
  return server === 'trouble' ? ['open', 'workers', 'bursts'] : ['workers', 'open'];
}

/** Fields that a load has only with some servers. */
export function isIdle(server: string, field: string): boolean {
  if (field === 'processes') return server === 'trouble';
  return field === 'method' && server !== 'trouble';
}

/** The choice with every field. A missing or invalid field gets its default, and the visitor reads which one. */
export function completed(kinds: Readonly<Record<string, Kind>>, given: Choice, said: string[] = []): Choice {
  const kind = kinds[given.kind] ? given.kind : Object.keys(kinds)[0]!;
  if (kind !== given.kind) said.push(`no kind '${String(given.kind)}'`);
  const fields = kinds[kind]!.fields.map((field) => [field.name, valid(field, given[field.name], said)] as const);
  const more = kind === 'everyday' ? { name: String(given.name ?? '') } : {};
  return { kind, ...more, ...Object.fromEntries(fields) };
}

function valid(field: Field, value: unknown, said: string[]): number | string {
  if (value === undefined) return field.default;
  if (field.kind === 'choice' && field.values!.includes(String(value))) return String(value);
  const isNumber = typeof value === 'number' && value >= field.min! && value <= field.max!;
  if (field.kind === 'number' && isNumber && (!field.integer || Number.isInteger(value))) return value;
  said.push(`${field.title}: ${String(value)} is not possible`);
  return field.default;
}
