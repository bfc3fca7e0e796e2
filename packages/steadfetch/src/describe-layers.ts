/** One line per layer, outermost first. */
export function describeLayers(layers: readonly [name: string, options: object, ...unknown[]][]): string {
  return [...layers.map(([name, options]) => [name, ...partsOf(options)].join('  ')), 'fetch'].join('\n');
}

/** Options that may hold state in numbers. */
const STATE = new Set(['clock', 'budget', 'rule']);

/** The options that are a number or a word; of nested options each of those. */
function partsOf(options: object, group = ''): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (isWord(value)) return value === undefined ? [] : [`${group}${option} ${value}`];
    if (STATE.has(option)) return [];
    if (Array.isArray(value)) return value.every(isWord) ? [`${group}${option} ${value.join(' ')}`] : [];
    return Object.getPrototypeOf(value) === Object.prototype ? partsOf(value, `${group}${option} `) : [];
  });
}

function isWord(value: unknown): boolean {
  return Object(value) !== value;
}
