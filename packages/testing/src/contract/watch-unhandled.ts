type Listens = (event: string, listener: (event: unknown) => void) => void;

interface Runtime {
  process?: { on?: Listens; off?: Listens };
  addEventListener?: Listens;
  removeEventListener?: Listens;
}

/** Counts unhandled rejections, in Node, Deno, Bun and browsers. */
export function watchUnhandled(): { stop(): number } {
  const { process, addEventListener, removeEventListener } = globalThis as Runtime;
  let count = 0;
  const seen = (): void => {
    count++;
  };
  if (process?.on) process.on('unhandledRejection', seen);
  else addEventListener?.('unhandledrejection', seen);
  return {
    stop: () => {
      if (process?.off) process.off('unhandledRejection', seen);
      else removeEventListener?.('unhandledrejection', seen);
      return count;
    },
  };
}
