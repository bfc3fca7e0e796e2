import { exclusively } from './exclusively.ts';
import { patch } from './patch.ts';

/** Counts the requests that are built and the messages that are cloned while `run` runs. Only one count runs at a time. */
export function countCopies(run: () => Promise<unknown>): Promise<number> {
  return exclusively(() => countNow(run));
}

async function countNow(run: () => Promise<unknown>): Promise<number> {
  const { Request: RealRequest, Response: RealResponse } = globalThis;
  let copies = 0;
  const counted = (clone: () => unknown) =>
    function (this: unknown): unknown {
      copies++;
      return clone.call(this);
    };
  const restore = [
    patch(globalThis, {
      Request: new Proxy(RealRequest, {
        construct: (target, args, newTarget) => {
          copies++;
          return Reflect.construct(target, args, newTarget);
        },
      }),
    }),
    patch(RealRequest.prototype, { clone: counted(RealRequest.prototype.clone) }),
    patch(RealResponse.prototype, { clone: counted(RealResponse.prototype.clone) }),
  ];
  try {
    await run();
  } finally {
    for (const undo of restore) undo();
  }
  return copies;
}
