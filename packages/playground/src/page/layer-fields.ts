import { Called, type Fields, isFields, type Value } from '../model/value.ts';
import { type FormOption, optionData } from './option-data.ts';

/** What a form shows of a layer: the fields, and the values that are set. */
export interface LayerForm {
  readonly fields: readonly FormOption[];
  readonly values: Fields;
}

/** Options that the simulation sets, or that a form has no use for. */
const LEFT_OUT = new Set(['clock', 'random', 'hooks', 'store', 'key', 'onQueue']);
const MAX: FormOption = { name: 'max', kind: 'integer', min: 1, about: 'Calls in flight.' };

/** The form of a layer, from the option tables of the packages. */
export function formOf({ name, args }: Called): LayerForm {
  const fields = (optionData.options[name] ?? []).filter((field) => !LEFT_OUT.has(field.name));
  const [first, second] = args;
  if (name === 'concurrency') return { fields: [MAX, ...fields], values: { max: first ?? 8, ...asFields(second) } };
  if (name === 'timeout' && typeof first === 'number') return { fields, values: { headers: first } };
  return { fields, values: asFields(first) };
}

function asFields(value: Value): Fields {
  return isFields(value) ? value : {};
}

/** The layer with other values. */
export function layerWith({ name }: Called, values: Fields): Called {
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  if (name === 'concurrency') {
    const { max = 8, ...options } = set;
    return new Called(name, Object.keys(options).length > 0 ? [max, options] : [max]);
  }
  if (name === 'timeout') {
    const { headers = 10_000, body } = set;
    return new Called(name, [body === undefined ? headers : { headers, body }]);
  }
  return new Called(name, Object.keys(set).length > 0 ? [set] : []);
}

/** A layer as it is added. */
export function newLayer(name: string): Called {
  return layerWith(new Called(name), name === 'timeout' ? { headers: 10_000 } : {});
}
