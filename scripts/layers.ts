// Who may import whom. The only copy of the table: `check-layers.ts` compares sources and manifests with it.

export interface Layer {
  /** Folders of packages. */
  packages?: string[];
  /** Folders of packages of which only types are imported. */
  types?: string[];
  /** Packages from the registry. */
  libraries?: string[];
  /** Whether Node's own modules may be used. Everything else runs in browsers and on the edge too. */
  node?: boolean;
}

export const LAYERS: Record<string, Layer> = {
  core: {},
  backoff: { packages: ['core'] },
  jitter: { packages: ['core'], types: ['backoff'] },
  'server-hints': { packages: ['core'] },
  retry: {
    packages: ['core', 'backoff', 'jitter', 'server-hints', 'retry-budget'],
    libraries: ['p-retry'],
  },
  'retry-budget': { packages: ['core'] },
  'rate-limit': { packages: ['core', 'server-hints'] },
  'retry-log': { packages: ['core'] },
  timeout: { packages: ['core'] },
  'idempotency-key': { packages: ['core'] },
  'circuit-breaker': { packages: ['core'] },
  concurrency: { packages: ['core'] },
  'buffer-body': { packages: ['core'] },
  ky: { packages: ['core', 'retry'], libraries: ['ky'] },
  testing: { packages: ['core'], libraries: ['msw', 'vitest'], node: true },
  steadfetch: {
    packages: [
      'core',
      'backoff',
      'jitter',
      'server-hints',
      'retry',
      'retry-budget',
      'rate-limit',
      'retry-log',
      'timeout',
      'idempotency-key',
      'circuit-breaker',
      'concurrency',
      'buffer-body',
    ],
  },
  otel: { packages: ['core'], libraries: ['@opentelemetry/api'] },
  query: { packages: ['core', 'backoff', 'jitter', 'retry', 'server-hints'] },
  react: { packages: ['core'], libraries: ['react'] },
  'shared-limit': { packages: ['core'], types: ['rate-limit'] },
  redis: { packages: ['core', 'shared-limit'], types: ['rate-limit'] },
};
