type Listens = (event: string, listener: (event: unknown) => void) => void;

interface Runtime {
  process?: { on?: Listens; off?: Listens };
  addEventListener?: Listens;
  removeEventListener?: Listens;
}

/** Counts unhandled rejections and uncaught errors while `run` runs, in Node, Deno, Bun and browsers. During that time an uncaught error does not end the process. */
export async function countUnhandled(run: () => Promise<unknown>): Promise<number> {
  const { process, addEventListener, removeEventListener } = globalThis as Runtime;
  let count = 0;
  const seen = (): void => {
    count++;
  };
  const events = process?.on ? ['unhandledRejection', 'uncaughtException'] : ['unhandledrejection', 'error'];
  for (const event of events) {
    if (process?.on) process.on(event, seen);
    else addEventListener?.(event, seen);
  }
  try {
    await run();
  } finally {
    for (const event of events) {
      if (process?.off) process.off(event, seen);
      else removeEventListener?.(event, seen);
    }
  }
  return count;
}
