/** One line per layer, outermost first. */
export function describeLayers(layers: readonly [name: string, options: object, ...unknown[]][]): string {
  return [...layers.map(([name, options]) => [name, ...partsOf(options)].join('  ')), 'fetch'].join('\n');
}

/** The options that are a number or a word; of nested options each of those. What has methods, as a clock or a breaker, holds state. */
function partsOf(options: object, group = ''): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (isWord(value)) return value === undefined ? [] : [`${group}${option} ${value}`];
    if (Array.isArray(value)) return value.every(isWord) ? [`${group}${option} ${value.join(' ')}`] : [];
    const hasMethods = Object.values(value).some((member) => typeof member === 'function');
    return hasMethods || Object.getPrototypeOf(value) !== Object.prototype ? [] : partsOf(value, `${group}${option} `);
  });
}

function isWord(value: unknown): boolean {
  return Object(value) !== value;
}
