import { macrotasks } from './drive.ts';
import { claim } from './search.ts';

/** Fails a case where a rejection stays unhandled, too. */
export function handlingAll<Given extends unknown[]>(
  check: (...given: Given) => Promise<void>,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      await check(...given);
      await macrotasks(2);
      claim(unhandled.length === 0, `nobody handles ${String(unhandled[0])}`);
    } finally {
      process.off('unhandledRejection', note);
    }
  };
}
