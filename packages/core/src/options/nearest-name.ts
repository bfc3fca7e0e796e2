/** For each option of ours, the names that other libraries give it. */
const FOREIGN_NAMES: Readonly<Record<string, RegExp>> = {
  maxRetries: /^(?:max)?(?:attempts|limit|repeats|retries|retry|retrycount|times|total|tries)$/,
  retry: /^(?:max)?(?:attempts|retries|retrycount)$/,
  delay: /^(?:backoff|interval|retrydelay|wait)$/,
  base: /^(?:initial|min)(?:delay|interval|timeout)$/,
  cap: /^(?:backofflimit|max|max(?:delay|interval|timeout))$/,
  statuses: /^(?:retryon|status(?:codes|forcelist)?)$/,
  methods: /^(?:allowed|http)methods?$/,
  max: /^(?:(?:max)?concurrency|limit|slots)$/,
  onRetry: /^(?:beforeretry|onfailed(?:attempt)?)$/,
};

/** The option that a user probably meant by an unknown name: one with that name in another library, else one with a similar spelling. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const plain = plainName(name);
  const same = names.find((known) => plainName(known) === plain);
  if (same !== undefined) return same;
  const known = names.find((known) => FOREIGN_NAMES[known]?.test(plain));
  if (known !== undefined || plain.length > 40) return known;
  const [nearest] = names
    .map((known) => ({ known, edits: editsBetween(plain, plainName(known)) }))
    .filter(({ known, edits }) => edits <= Math.min(2, known.length / 3))
    .sort((a, b) => a.edits - b.edits);
  return nearest?.known;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

/** The edit distance: how many letters to insert, delete, replace, or swap with their neighbour (optimal string alignment). */
function editsBetween(a: string, b: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, replaced);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j]!, previous[j - 2]! + 1);
    }
    [previous, row] = [row, next];
  }
  return row[b.length]!;
}
