/** The rows of the table between two markers of a page, as their cells. */
export function rowsOf(page: string, name: string): string[][] {
  const [, table = ''] = page.split(`<!-- ${name} -->`);
  const lines = table.split('<!-- /')[0]!.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
