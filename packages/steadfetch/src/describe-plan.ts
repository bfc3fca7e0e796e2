import type { StandardPlan } from './standard-options.ts';

/** One line per layer, outermost first. */
export function describePlan(plan: StandardPlan): string {
  const { attemptTimeout } = plan;
  const lines = [
    plan.idempotencyKey && line('idempotencyKey', plan.idempotencyKey),
    plan.timeout !== undefined && line('timeout', { call: plan.timeout }),
    plan.retry && line('retry', { maxRetries: 2, ...plan.retry }),
    plan.rateLimit && line('rateLimit', plan.rateLimit),
    plan.circuitBreaker && line('circuitBreaker', plan.circuitBreaker),
    plan.concurrency !== undefined && line('concurrency', { max: plan.concurrency }),
    plan.bufferBody && line('bufferBody', plan.bufferBody),
    attemptTimeout &&
      line('timeout', { 'attempt headers': attemptTimeout.headers, 'attempt body': attemptTimeout.body }),
  ];
  return [...lines.filter((text) => typeof text === 'string'), 'fetch'].join('\n');
}

function line(name: string, options: object): string {
  const numbers = Object.entries(options).filter(([, value]) => ['number', 'boolean', 'string'].includes(typeof value));
  return [name, ...numbers.map(([option, value]) => `${option} ${value}`)].join('  ');
}
