import type { StandardPlan } from './standard-plan.ts';

/** One line per layer, outermost first. */
export function describePlan(plan: StandardPlan): string {
  const { timeout, attemptTimeout } = plan;
  const lines = [
    line('idempotencyKey', plan.idempotencyKey),
    line('timeout', timeout === undefined ? undefined : { call: timeout }),
    line('retry', plan.retry),
    line('rateLimit', plan.rateLimit),
    line('circuitBreaker', plan.circuitBreaker),
    line('concurrency', plan.concurrency),
    line('bufferBody', plan.bufferBody),
    line('timeout', attemptTimeout && { attempt: attemptTimeout }),
  ];
  return [...lines.filter((text) => text !== undefined), 'fetch'].join('\n');
}

function line(name: string, options: object | undefined): string | undefined {
  return options && [name, ...partsOf(options)].join('  ');
}

/** What can be said in a word: of numbers that belong together each one, of functions and state nothing. */
function partsOf(options: object, group = ''): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (Array.isArray(value)) return [`${group}${option} ${value.join(' ')}`];
    if (Object(value) !== value) return value === undefined ? [] : [`${group}${option} ${value}`];
    return Object.getPrototypeOf(value) === Object.prototype ? partsOf(value, `${group}${option} `) : [];
  });
}
