/** Describes the layers: one line per layer, outermost first. */
export function describeLayers(layers: readonly [name: string, options: object, ...unknown[]][]): string {
  return [...layers.map(([name, options]) => [name, ...partsOf(options)].join('  ')), 'fetch'].join('\n');
}

/** The options with a simple value, also those of nested options. Objects with methods, such as a clock or a breaker, are left out. */
function partsOf(options: object, group = ''): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (isSimple(value)) return value === undefined ? [] : [`${group}${option} ${value}`];
    if (Array.isArray(value)) return value.every(isSimple) ? [`${group}${option} ${value.join(' ')}`] : [];
    const hasMethods = Object.values(value).some((member) => typeof member === 'function');
    return hasMethods || Object.getPrototypeOf(value) !== Object.prototype ? [] : partsOf(value, `${group}${option} `);
  });
}

function isSimple(value: unknown): boolean {
  return Object(value) !== value;
}
