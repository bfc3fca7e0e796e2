import { parseValue } from '../model/parse.ts';
import { formatValue, type Value } from '../model/value.ts';
import { h } from './dom.ts';
import type { FormOption } from './option-data.ts';

export interface Given {
  readonly field: FormOption;
  readonly value: Value;
  readonly id: string;
  readonly onChange: (value: Value) => void;
}

/** One option as a line of a form. */
export function optionField(given: Given): HTMLElement {
  const { field, id } = given;
  const help = [field.about, rangeOf(field)].filter(Boolean).join(' ');
  const input = inputOf(given);
  input.id = id;
  if (help) input.setAttribute('aria-describedby', `${id}-help`);
  return h(
    'div',
    { className: 'option' },
    h('label', { htmlFor: id }, field.name),
    input,
    field.kind === 'ms' && h('span', { className: 'unit' }, 'ms'),
    help !== '' && h('p', { id: `${id}-help`, className: 'help' }, help),
  );
}

/** An option that is on or off, or may be more than that. */
function isSwitch({ kind, default: fallback }: FormOption, value: Value): boolean {
  return (
    kind === 'boolean' ||
    (kind === 'other' && typeof fallback === 'boolean' && (value === undefined || typeof value === 'boolean'))
  );
}

function inputOf({ field, value, onChange }: Given): HTMLInputElement | HTMLSelectElement {
  if (isSwitch(field, value)) {
    const checked = (value ?? field.default) === true;
    return h('input', {
      type: 'checkbox',
      checked,
      onchange: (event: Event) => onChange((event.target as HTMLInputElement).checked),
    });
  }
  if (field.kind === 'choice') {
    const options = field.values!.map((one) =>
      h('option', { value: String(one), selected: one === (value ?? field.default) }, String(one)),
    );
    return h('select', { onchange: (event: Event) => onChange((event.target as HTMLSelectElement).value) }, ...options);
  }
  const isPlain = value === undefined || typeof value === 'number';
  if ((field.kind === 'ms' || field.kind === 'integer' || field.kind === 'number') && isPlain)
    return numberInput(field, value, onChange);
  return codeInput(field, value, onChange);
}

function numberInput(field: FormOption, value: Value, onChange: Given['onChange']): HTMLInputElement {
  const { kind, min, max } = field;
  return h('input', {
    type: 'number',
    value: value === undefined ? '' : String(value),
    placeholder: placeholderOf(field),
    min: String(min),
    ...(max === undefined ? {} : { max: String(max) }),
    step: kind === 'number' ? 'any' : '1',
    oninput: (event: Event) => {
      const input = event.target as HTMLInputElement;
      if (input.value === '') onChange(undefined);
      else if (input.checkValidity()) onChange(input.valueAsNumber);
    },
  });
}

/** A value that only code can say: literals, and calls such as `exponential({ base: 100 })`. */
function codeInput(field: FormOption, value: Value, onChange: Given['onChange']): HTMLInputElement {
  return h('input', {
    type: 'text',
    className: 'code',
    spellcheck: false,
    value: value === undefined ? '' : formatValue(value),
    placeholder: field.kind === 'function' ? 'e.g. exponential()' : placeholderOf(field),
    onchange: (event: Event) => {
      const input = event.target as HTMLInputElement;
      const parsed = input.value.trim() === '' ? { value: undefined } : parseValue(input.value);
      input.setCustomValidity(parsed ? '' : 'a literal, or a call of a function of the packages');
      input.setAttribute('aria-invalid', String(!parsed));
      if (parsed) onChange(parsed.value);
    },
  });
}

function placeholderOf({ default: fallback }: FormOption): string {
  if (fallback === undefined || typeof fallback === 'function') return '';
  return Array.isArray(fallback)
    ? fallback.join(', ')
    : typeof fallback === 'object'
      ? ''
      : formatValue(fallback as Value);
}

function rangeOf({ kind, min, max, default: fallback }: FormOption): string {
  const isNumber = kind === 'ms' || kind === 'integer' || kind === 'number';
  const parts = [
    isNumber && (max !== undefined && max < 2 ** 31 - 1 ? `${min} to ${max}.` : min! > 0 ? `At least ${min}.` : ''),
    typeof fallback === 'number' && `Default ${formatValue(fallback)}.`,
  ];
  return parts.filter(Boolean).join(' ');
}
