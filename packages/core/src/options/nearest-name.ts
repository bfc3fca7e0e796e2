/** What options are called elsewhere, by what they are called here. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  maxRetries: /^(?:max)?(?:attempts|limit|repeats|retries|retry|retrycount|times|total|tries)$/,
  retry: /^(?:max)?(?:attempts|retries|retrycount)$/,
  delay: /^(?:backoff|interval|retrydelay|wait)$/,
  base: /^(?:initial|min)(?:delay|interval|timeout)$/,
  cap: /^(?:backofflimit|max|max(?:delay|interval|timeout))$/,
  statuses: /^(?:retryon|status(?:codes|forcelist)?)$/,
  methods: /^(?:allowed|http)methods?$/,
  max: /^(?:(?:max)?concurrency|limit|slots)$/,
  onRetry: /^(?:beforeretry|onfailed(?:attempt)?)$/,
};

/** The option that was meant by a name that is none: the same but for case and hyphens, or what it is called elsewhere. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const plain = plainName(name);
  return names.find((known) => plainName(known) === plain) ?? names.find((known) => ELSEWHERE[known]?.test(plain));
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}
