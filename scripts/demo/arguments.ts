import { parseArgs } from 'node:util';

export interface Arguments {
  /** Shows the help text, and says why. */
  readonly help: boolean;
  readonly problem?: string;
  readonly url?: string;
  /** How many times faster than on a wall clock. Beyond four times the machine is the limit, and not the servers. */
  readonly speed: number;
}

export const HELP = `pnpm demo [URL] [--speed N] [--help]

Without a URL: ky and native fetch against servers that fail on purpose, all on this machine.
With one: a handful of GETs to it, some of them after failures that are played on this machine.

  --speed N   N times faster, from 1 to 4
  --help      this text`;

export function parseArguments(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: args.filter((arg) => arg !== '--'),
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, speed: { type: 'string', default: '1' } },
    });
    const speed = Number(values.speed);
    if (!(speed >= 1 && speed <= 4)) throw new Error(`--speed: expected a number from 1 to 4, got ${values.speed}`);
    if (positionals.length > 1) throw new Error(`expected one URL, got ${positionals.length}`);
    const url = positionals[0];
    return { help: values.help ?? false, speed, ...(url !== undefined && { url }) };
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('. ')[0]! : String(error);
    return { help: true, problem, speed: 1 };
  }
}
