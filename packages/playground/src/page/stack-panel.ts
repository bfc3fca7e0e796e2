import { codeOf, stackOf } from '../model/stack.ts';
import type { CodeEditor } from './code-editor.ts';
import { byId, h } from './dom.ts';
import { StackForm } from './stack-form.ts';

type Mode = 'form' | 'code';

/** The stack as a form or as code: two views of one thing. Code that the form cannot show stays code. */
export class StackPanel {
  readonly #dialog = byId<HTMLDialogElement>('stack');
  readonly #form: StackForm;
  readonly #editorPlace = h('div', { className: 'editor' });
  readonly #error = h('p', { className: 'error', role: 'alert', hidden: true });
  readonly #describe = h('pre', { className: 'describe' });
  readonly #tabs: Readonly<Record<Mode, HTMLInputElement>>;
  readonly #only = h('p', { className: 'help', hidden: true }, 'The form cannot show all of this code.');
  readonly #onChange: (code: string) => void;
  #editor: Promise<CodeEditor> | undefined;
  #code = '';
  #mode: Mode = 'form';
  #problem: { message: string; line: number | undefined } | undefined;

  constructor(onChange: (code: string) => void) {
    this.#onChange = onChange;
    this.#form = new StackForm((stack) => this.#changed(codeOf(stack)));
    const tab = (mode: Mode) =>
      h('input', {
        type: 'radio',
        name: 'mode',
        id: `mode-${mode}`,
        checked: mode === 'form',
        onchange: () => this.#open(mode),
      });
    this.#tabs = { form: tab('form'), code: tab('code') };
    const tabs = h(
      'div',
      { className: 'switch', role: 'radiogroup', ariaLabel: 'view of the stack' },
      h('label', {}, this.#tabs.form, h('span', {}, 'form')),
      h('label', {}, this.#tabs.code, h('span', {}, 'code')),
    );
    this.#dialog.append(
      h(
        'div',
        { className: 'bar' },
        h('h2', { id: 'stack-title' }, 'Your stack'),
        tabs,
        h(
          'button',
          { type: 'button', className: 'close', ariaLabel: 'close the stack', onclick: () => this.#dialog.close() },
          '×',
        ),
      ),
      this.#error,
      this.#only,
      this.#form.element,
      this.#editorPlace,
      h('details', { className: 'described', hidden: true }, h('summary', {}, 'describe()'), this.#describe),
    );
    this.#fold();
  }

  /** Sets another stack. */
  show(code: string): void {
    this.#code = code;
    this.#paint();
  }

  /** Shows the description of the stack, if it has one. */
  describe(said: string | undefined): void {
    this.#describe.textContent = said ?? '';
    this.#describe.parentElement!.hidden = said === undefined;
  }

  /** Shows the error of the code at its line, or none if the code runs. */
  async fail(problem: { message: string; line: number | undefined } | undefined): Promise<void> {
    this.#problem = problem;
    this.#error.hidden = problem === undefined;
    if (problem) this.#error.textContent = this.#said(problem);
    if (problem && this.#mode === 'form' && !stackOf(this.#code)) this.#open('code');
    const editor = await this.#editor;
    const line = editor?.showError(problem?.message, problem?.line);
    if (problem && problem === this.#problem && line !== undefined)
      this.#error.textContent = this.#said({ ...problem, line });
  }

  #said({ message, line }: { message: string; line: number | undefined }): string {
    return line === undefined || this.#mode === 'form' ? message : `line ${line}: ${message}`;
  }

  #paint(): void {
    const stack = stackOf(this.#code);
    this.#tabs.form.disabled = stack === undefined;
    this.#only.hidden = stack !== undefined;
    if (stack) this.#form.show(stack);
    else this.#mode = 'code';
    this.#open(this.#mode);
  }

  #open(mode: Mode): void {
    this.#mode = mode;
    this.#tabs[mode].checked = true;
    this.#form.element.hidden = mode !== 'form';
    this.#editorPlace.hidden = mode !== 'code';
    if (mode === 'form') {
      const stack = stackOf(this.#code);
      if (stack) this.#form.show(stack);
    } else void this.#edit();
  }

  async #edit(): Promise<void> {
    this.#editor ??= this.#load();
    (await this.#editor).code = this.#code;
  }

  async #load(): Promise<CodeEditor> {
    const { CodeEditor } = await import('./code-editor.ts');
    return new CodeEditor(this.#editorPlace, { code: this.#code, onChange: (code) => this.#changed(code) });
  }

  #changed(code: string): void {
    if (code === this.#code) return;
    this.#code = code;
    const stack = stackOf(code);
    this.#tabs.form.disabled = stack === undefined;
    this.#only.hidden = stack !== undefined;
    this.#onChange(code);
  }

  /** On a narrow page the stack is a drawer, which keeps the focus until it is closed. */
  #fold(): void {
    const narrow = matchMedia('(max-width: 860px)');
    const fold = () => {
      this.#dialog.close();
      // not show(), which would take the focus
      this.#dialog.open = !narrow.matches;
    };
    narrow.addEventListener('change', fold);
    if (narrow.matches) this.#dialog.close();
    byId('open-stack').addEventListener('click', () => this.#dialog.showModal());
  }
}
