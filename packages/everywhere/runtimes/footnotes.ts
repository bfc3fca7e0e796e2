/** What is otherwise in some runtimes: by the runtime itself, or because it does not tell. */
export const FOOTNOTES: Readonly<Record<string, { readonly number: number; readonly runtimes: readonly string[] }>> = {
  'resends-post': { number: 1, runtimes: ['deno', 'chromium', 'firefox'] },
  'permanent-unknown': { number: 2, runtimes: ['workerd', 'chromium', 'firefox', 'webkit'] },
  'broken-is-abort': { number: 3, runtimes: ['firefox'] },
  'timeout-is-abort': { number: 4, runtimes: ['webkit'] },
};

/** The notes of a runtime that are not written down, and those written down that no longer hold. */
export function wrongNotes(runtime: string, seen: ReadonlySet<string>): string[] {
  const known = Object.entries(FOOTNOTES).filter(([, { runtimes }]) => runtimes.includes(runtime));
  const names = known.map(([name]) => name);
  return [
    ...[...seen].filter((note) => !names.includes(note)).map((note) => `${note} is no known footnote of ${runtime}`),
    ...names.filter((name) => !seen.has(name)).map((name) => `${name} does not hold for ${runtime} any more`),
  ];
}

/** As the table shows them: `1, 2`, or `-`. */
export function numbersOf(runtime: string): string {
  const numbers = Object.values(FOOTNOTES).filter(({ runtimes }) => runtimes.includes(runtime));
  return numbers.map(({ number }) => number).join(', ') || '-';
}
