import './style.css';
import { formatLink, presetOf, readLink, type State, stateOf } from '../model/link.ts';
import { PRESETS } from '../model/presets.ts';
import { lengthOf } from '../model/situations.ts';
import type { View } from './bins.ts';
import { byId, h } from './dom.ts';
import { RunView } from './run-view.ts';
import type { Runner } from './runner.ts';
import { SceneForm } from './scene-form.ts';
import { StackPanel } from './stack-panel.ts';
import { time } from './words.ts';

/** A change runs after this long without another change, in milliseconds. */
const PAUSE = 250;

let state: State = stateOf(PRESETS[0]!);
let timer = 0;
let runner: Promise<Runner> | undefined;
let written = '';

const view = new RunView(byId('run'), {
  scene: () => state.scene,
  length: () => lengthOf(state.scene),
  first: firstView,
});
const scene = new SceneForm(byId<HTMLFormElement>('scene'), (changed) => change({ ...state, scene: changed }));
const stack = new StackPanel((code) => change({ ...state, code }));
const preset = byId<HTMLSelectElement>('preset');

/** What a preset shows first, unless the visitor looked at something else already. */
function firstView(): View | undefined {
  const [from, to] = presetOf(state)?.view ?? [];
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** Called when the visitor changed something. It runs after a pause. */
function change(changed: State): void {
  state = changed;
  tellPreset();
  clearTimeout(timer);
  timer = window.setTimeout(() => void run(false), PAUSE);
}

/** Everything is replaced, by a preset or a link. */
function load(loaded: State): void {
  state = loaded;
  scene.show(state.scene);
  stack.show(state.code);
  tellPreset();
  clearTimeout(timer);
  void run(true);
}

async function run(isNew: boolean): Promise<void> {
  const asked = state;
  view.begin(isNew);
  void writeLink(asked);
  // the simulation is a file of its own: the page is there before it
  runner ??= import('./runner.ts').then(({ Runner }) => new Runner());
  const current = () => asked === state;
  const startedAt = performance.now();
  let failed = false;
  await (await runner).run(asked, {
    alive: (way, calls) => current() && view.progress(way, calls),
    done: (way, recorded) => {
      if (!current()) return;
      if (way === 'yours') {
        stack.describe(recorded.describe);
        void stack.fail(undefined);
      }
      view.add(way, recorded);
    },
    failed: (way, message, line) => {
      if (!current()) return;
      failed = true;
      if (way === 'yours') void stack.fail({ message, line });
      view.say(way === 'yours' ? `Your stack does not run: ${message}` : `This run failed: ${message}`);
    },
  });
  if (current() && !failed)
    view.say(`${time(lengthOf(asked.scene))} lived through three times in ${time(performance.now() - startedAt)}`);
}

async function writeLink(asked: State): Promise<void> {
  const link = await formatLink(asked);
  if (asked !== state || link === written) return;
  written = link;
  if (location.hash !== link) history.replaceState(null, '', link);
}

function tellPreset(): void {
  const found = presetOf(state);
  preset.value = found?.id ?? '';
  byId('story').replaceChildren(...(found ? [found.story[0], h('br'), found.story[1]] : [OWN]));
}

const OWN = 'Your own scene. The link contains all of it: copy it to share it.';

async function readHash(): Promise<void> {
  const { state: read, said } = await readLink(location.hash);
  const notice = byId('notice');
  notice.hidden = said.length === 0;
  notice.textContent =
    said.length === 0 ? '' : `The link was not understood in full: ${said.join('; ')}. What it lacks is as by default.`;
  load(read);
}

preset.append(h('option', { value: '', disabled: true, hidden: true }, 'your own'));
preset.append(...PRESETS.map(({ id, title }) => h('option', { value: id }, title)));
preset.addEventListener('change', () => {
  byId('notice').hidden = true;
  load(stateOf(PRESETS.find(({ id }) => id === preset.value)!));
});
byId('copy').addEventListener('click', async ({ target }) => {
  const button = target as HTMLButtonElement;
  const link = new URL(await formatLink(state), location.href).href;
  const isCopied = await navigator.clipboard?.writeText(link).then(
    () => true,
    () => false,
  );
  button.textContent = isCopied ? 'copied' : 'it is in the address bar';
  setTimeout(() => {
    button.textContent = 'copy link';
  }, 2_000);
});
window.addEventListener('hashchange', () => {
  if (location.hash !== written) void readHash();
});
void readHash().then(() => performance.mark('usable'));
