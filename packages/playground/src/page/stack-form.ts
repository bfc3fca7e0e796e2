import { LAYERS, type Stack } from '../model/stack.ts';
import type { Called, Value } from '../model/value.ts';
import { h } from './dom.ts';
import { formOf, layerWith, newLayer } from './layer-fields.ts';
import { optionField } from './option-field.ts';

/** The layers of a stack as forms, made from the option tables, so that a new option appears by itself. */
export class StackForm {
  readonly element: HTMLElement = h('div', { className: 'layers' });
  readonly #onChange: (stack: Stack) => void;
  #stack: Stack = [];
  /** The indices of layers whose other options are unfolded. */
  readonly #unfolded = new Set<number>();

  constructor(onChange: (stack: Stack) => void) {
    this.#onChange = onChange;
  }

  show(stack: Stack): void {
    this.#stack = stack;
    const kind = h('select', { ariaLabel: 'layer to add' }, ...LAYERS.map((name) => h('option', {}, name)));
    const add = h('button', { type: 'button', onclick: () => this.#add(kind.value) }, 'add layer');
    this.element.replaceChildren(
      h('ol', {}, ...stack.map((layer, place) => this.#layer(layer, place))),
      h('div', { className: 'add' }, kind, add),
    );
  }

  #layer(layer: Called, place: number): HTMLElement {
    const { fields, values } = formOf(layer);
    const line = (field: (typeof fields)[number]) =>
      optionField({
        field,
        value: values[field.name],
        id: `layer-${place}-${field.name}`,
        onChange: (value) => this.#set(place, field.name, value),
      });
    const isSet = (name: string) => values[name] !== undefined;
    const others = fields.filter(({ name }) => !isSet(name));
    const more = h(
      'details',
      {
        open: this.#unfolded.has(place),
        ontoggle: (event: Event) => this.#fold(place, event.target as HTMLDetailsElement),
      },
      h(
        'summary',
        {},
        others.length === fields.length
          ? `${others.length} options, all at their defaults`
          : `more options (${others.length})`,
      ),
      ...others.map(line),
    );
    return h(
      'li',
      {},
      h(
        'fieldset',
        {},
        h('legend', {}, layer.name),
        h('div', { className: 'moves' }, ...this.#moves(layer, place)),
        ...fields.filter(({ name }) => isSet(name)).map(line),
        others.length > 0 && more,
      ),
    );
  }

  #moves({ name }: Called, place: number): HTMLElement[] {
    const last = this.#stack.length - 1;
    const without = this.#stack.filter((_, index) => index !== place);
    const button = (text: string, label: string, to: number) => {
      const stack = without.toSpliced(to, 0, this.#stack[place]!);
      const ariaLabel = `${label} ${name}`;
      const onclick = () => this.#change(stack, { place: to, text });
      return h('button', { type: 'button', ariaLabel, disabled: to < 0 || to > last, onclick }, text);
    };
    const remove = () => this.#change(without, { place: Math.min(place, last - 1), text: '×' });
    return [
      button('↑', 'move out', place - 1),
      button('↓', 'move in', place + 1),
      h('button', { type: 'button', ariaLabel: `remove ${name}`, onclick: remove }, '×'),
    ];
  }

  #fold(place: number, { open }: HTMLDetailsElement): void {
    if (open) this.#unfolded.add(place);
    else this.#unfolded.delete(place);
  }

  #set(place: number, name: string, value: Value): void {
    const layer = this.#stack[place]!;
    const changed = layerWith(layer, { ...formOf(layer).values, [name]: value });
    this.#stack = this.#stack.with(place, changed);
    this.#onChange(this.#stack);
  }

  /** Adds a layer at its place in the order of layers. */
  #add(name: string): void {
    const order = (layer: string) => LAYERS.indexOf(layer as (typeof LAYERS)[number]);
    const hasOuterTimeout = name === 'timeout' && this.#stack.some((layer) => layer.name === 'timeout');
    const found = hasOuterTimeout ? -1 : this.#stack.findIndex((layer) => order(layer.name) > order(name));
    const place = found < 0 ? this.#stack.length : found;
    this.#change(this.#stack.toSpliced(place, 0, newLayer(name)), { place, text: '×' });
  }

  /** Shows another stack. The focus goes to a button of a layer, or else to the field that adds one. */
  #change(stack: Stack, { place, text }: { place: number; text: string }): void {
    this.#unfolded.clear();
    this.show(stack);
    const buttons = [...(this.element.querySelectorAll('li')[place]?.querySelectorAll('button') ?? [])];
    const wanted = buttons.find((button) => button.textContent === text && !button.disabled) ?? buttons.at(-1);
    (wanted ?? this.element.querySelector('select'))?.focus();
    this.#onChange(stack);
  }
}
