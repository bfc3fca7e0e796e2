import { sceneOf } from '../model/link.ts';
import {
  type Choice,
  completed,
  type Field,
  isIdle,
  type Kind,
  LOADS,
  loadsOf,
  READY_MADE,
  type Scene,
  SERVERS,
} from '../model/scene.ts';
import { SITUATIONS } from '../model/situations.ts';
import { h } from './dom.ts';

/** What the server and the load are, and their numbers. */
export class SceneForm {
  readonly #form: HTMLFormElement;
  readonly #onChange: (scene: Scene) => void;
  #scene!: Scene;
  #isUnfolded = false;

  constructor(form: HTMLFormElement, onChange: (scene: Scene) => void) {
    this.#form = form;
    this.#onChange = onChange;
    form.addEventListener('submit', (event) => event.preventDefault());
  }

  show(scene: Scene): void {
    this.#scene = scene;
    const { server, load, seed } = scene;
    const servers = this.#servers(server);
    const loads = this.#kinds('load', LOADS, loadsOf(server.kind), load);
    const situation = server.kind === 'everyday' && this.#situation(String(server.name));
    const number: Field = {
      name: 'seed',
      title: 'seed',
      kind: 'number',
      default: 1,
      min: -2147483647,
      max: 2147483647,
      integer: true,
    };
    const seedField = fieldOf(number, {
      value: seed,
      id: 'seed',
      onChange: (value) => this.#set({ ...this.#scene, seed: Number(value) }),
    });
    this.#form.replaceChildren(
      h(
        'fieldset',
        {},
        h('legend', {}, 'server'),
        servers,
        situation,
        this.#details('server', SERVERS[server.kind]!, server),
      ),
      h('fieldset', {}, h('legend', {}, 'load'), loads, this.#details('load', LOADS[load.kind]!, load)),
      h('fieldset', { className: 'seed' }, h('legend', {}, 'chance'), seedField),
    );
  }

  #kinds(
    part: 'server' | 'load',
    kinds: Readonly<Record<string, Kind>>,
    names: readonly string[],
    { kind }: Choice,
  ): HTMLSelectElement {
    const options = names.map((name) => h('option', { value: name, selected: name === kind }, kinds[name]!.title));
    const pick = (event: Event) =>
      this.#replace({ ...this.#scene, [part]: chosen((event.target as HTMLSelectElement).value) });
    return h('select', { id: part, ariaLabel: part, onchange: pick }, ...options);
  }

  /** The kinds of servers, and the ready-made servers. */
  #servers(server: Choice): HTMLElement {
    const select = this.#kinds('server', SERVERS, Object.keys(SERVERS), server);
    const isThis = (made: Choice) => JSON.stringify(completed(SERVERS, made)) === JSON.stringify(server);
    const options = Object.entries(READY_MADE).map(([title, made]) =>
      h('option', { value: title, selected: isThis(made) }, title),
    );
    select.append(h('optgroup', { label: 'ready-made' }, ...options));
    return select;
  }

  #situation(name: string): HTMLElement {
    const options = SITUATIONS.map((one) => h('option', { selected: one === name }, one));
    const pick = (event: Event) =>
      this.#replace({ ...this.#scene, server: { kind: 'everyday', name: (event.target as HTMLSelectElement).value } });
    return h('select', { id: 'situation', ariaLabel: 'situation', onchange: pick }, ...options);
  }

  #details(part: 'server' | 'load', { fields }: Kind, choice: Choice): HTMLElement {
    const server = this.#scene.server.kind;
    const shown = part === 'load' ? fields.filter(({ name }) => !isIdle(server, name)) : fields;
    const line = (field: Field) =>
      fieldOf(field, {
        value: choice[field.name]!,
        id: `${part}-${field.name}`,
        onChange: (value) => this.#set({ ...this.#scene, [part]: { ...this.#scene[part], [field.name]: value } }),
      });
    const isFolded = ({ name, rare, default: fallback }: Field) => rare === true && choice[name] === fallback;
    const folded = shown.filter(isFolded);
    const more = h(
      'details',
      { open: this.#isUnfolded, ontoggle: (event: Event) => this.#unfold(event.target as HTMLDetailsElement) },
      h('summary', {}, `more of the ${part}`),
      h('div', { className: 'fields' }, ...folded.map(line)),
    );
    return h(
      'div',
      { className: 'fields' },
      ...shown.filter((field) => !isFolded(field)).map(line),
      folded.length > 0 && more,
    );
  }

  #unfold({ open }: HTMLDetailsElement): void {
    this.#isUnfolded = open;
  }

  #set(scene: Scene): void {
    this.#scene = scene;
    this.#onChange(scene);
  }

  #replace(scene: Scene): void {
    const whole = sceneOf(scene, []);
    const kind = document.activeElement?.id;
    this.show(whole);
    if (kind) document.getElementById(kind)?.focus();
    this.#onChange(whole);
  }
}

/** A kind, or a server that is ready-made. */
function chosen(value: string): Choice {
  return READY_MADE[value] ?? { kind: value };
}

interface Given {
  readonly value: number | string;
  readonly id: string;
  readonly onChange: (value: number | string) => void;
}

function fieldOf(field: Field, { value, id, onChange }: Given): HTMLElement {
  const title = field.about ?? '';
  const label = h('label', { htmlFor: id, title }, field.title);
  if (field.kind === 'choice') {
    const options = field.values!.map((one) =>
      h('option', { value: one, selected: one === value }, field.titles?.[one] ?? one),
    );
    const pick = (event: Event) => onChange((event.target as HTMLSelectElement).value);
    return h('div', { className: 'field' }, label, h('select', { id, title, onchange: pick }, ...options));
  }
  const input = h('input', {
    id,
    title,
    type: 'number',
    value: String(value),
    min: String(field.min),
    max: String(field.max),
    step: field.integer ? '1' : 'any',
    required: true,
    oninput: (event: Event) => {
      const { validity, valueAsNumber } = event.target as HTMLInputElement;
      if (validity.valid) onChange(valueAsNumber);
    },
  });
  return h(
    'div',
    { className: 'field' },
    label,
    input,
    field.unit !== undefined && h('span', { className: 'unit' }, field.unit),
  );
}
