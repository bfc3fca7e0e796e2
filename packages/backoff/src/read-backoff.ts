import { type OptionTable, readOptions, type Settings } from '@steadfetch/core/kit';

/** As `readOptions`, with a hint where `exponential` itself is passed as a delay: then its options are an attempt. */
export function readBackoff<Options extends object, const Table extends OptionTable<Options>>(
  owner: string,
  table: Table & OptionTable<Options>,
  options: Options | undefined,
): Settings<Options, Table> {
  if (Object(options).attempt) throw new TypeError(`${owner}: as a delay, write ${owner}() and not ${owner}`);
  return readOptions(owner, table, options);
}
