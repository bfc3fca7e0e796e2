export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a task, and returns the longest time that the thread computed between two turns of the event loop until it ended. */
export async function longestHold(task: () => Promise<unknown>): Promise<number> {
  await turn();
  let last = computed();
  let longest = 0;
  let isOver = false;
  const watch = () => {
    const now = computed();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(watch);
  };
  watch();
  await task();
  await turn();
  isOver = true;
  return longest;
}

/** How long this thread has computed, in milliseconds. Other processes do not lengthen it. */
function computed(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
