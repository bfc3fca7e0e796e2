// A page whose tabs share one limit of ten calls a second. Shows what this tab got.

import type { LimitSlots } from '@steadfetch/rate-limit';
import { tabStore } from '@steadfetch/shared-limit';

const store = tabStore({ limit: { requests: 10, per: 1_000 } });
const output = document.querySelector('output')!;

/** Reserves a slot; while nobody leads the tabs, asks again. */
async function reserve(): Promise<LimitSlots> {
  for (;;) {
    try {
      const slots = await store.reserve('api', 1, 1);
      output.textContent = `the next slot of this tab is at ${new Date(slots.first).toISOString()}`;
      return slots;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

const refuse = (slots: LimitSlots, wait: number): unknown =>
  store.refuse('api', { closedUntil: slots.closedUntil, wait, slots, quotas: [] });

let last: LimitSlots = await reserve();
Object.assign(globalThis, {
  tab: {
    reserve: async () => {
      last = await reserve();
      return { first: last.first, every: last.every, closedUntil: last.closedUntil };
    },
    refuse: (wait: number) => refuse(last, wait),
  },
});
