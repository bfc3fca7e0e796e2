import type { StandardPlan } from './standard-plan.ts';

/** One line per layer, outermost first. */
export function describePlan(plan: StandardPlan): string {
  const { timeout, attemptTimeout } = plan;
  const lines = [
    line('timeout', timeout === undefined ? undefined : { call: timeout }),
    line('idempotencyKey', plan.idempotencyKey),
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

/** Options that hold state, or functions. */
const STATE = new Set(['clock', 'random', 'hooks', 'budget', 'breaker', 'rule']);

/** The options that are a number or a word; of nested options each of those. */
function partsOf(options: object, group = ''): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    if (isWord(value)) return value === undefined ? [] : [`${group}${option} ${value}`];
    if (STATE.has(option)) return [];
    if (Array.isArray(value)) return value.every(isWord) ? [`${group}${option} ${value.join(' ')}`] : [];
    return Object.getPrototypeOf(value) === Object.prototype ? partsOf(value, `${group}${option} `) : [];
  });
}

function isWord(value: unknown): boolean {
  return Object(value) !== value;
}
