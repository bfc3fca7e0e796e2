import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from '@codemirror/language';
import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { LAYERS } from '../model/stack.ts';
import { optionData } from './option-data.ts';

/** The editor of a stack. It is loaded when it is opened. */
export class CodeEditor {
  readonly #view: EditorView;

  constructor(parent: HTMLElement, { code, onChange }: { code: string; onChange: (code: string) => void }) {
    this.#view = new EditorView({
      parent,
      state: EditorState.create({
        doc: code,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          javascript(),
          syntaxHighlighting(HIGHLIGHT),
          autocompletion({ override: [complete], icons: false }),
          // Tab leaves the editor, as anywhere on the page
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': 'code of the stack' }),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) onChange(state.doc.toString());
          }),
          THEME,
        ],
      }),
    });
  }

  get code(): string {
    return this.#view.state.doc.toString();
  }

  set code(code: string) {
    if (code !== this.code)
      this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: code } });
  }

  focus(): void {
    this.#view.focus();
  }

  /** Marks a line; without one, the first place that is no JavaScript. Returns the line. */
  showError(message: string | undefined, line: number | undefined): number | undefined {
    if (message === undefined) {
      this.#view.dispatch(setDiagnostics(this.#view.state, []));
      return undefined;
    }
    const { doc } = this.#view.state;
    const { from, to, number } =
      line === undefined ? doc.lineAt(this.#brokenAt()) : doc.line(Math.min(line, doc.lines));
    const mark: Diagnostic = { from, to, severity: 'error', message };
    this.#view.dispatch(setDiagnostics(this.#view.state, [mark]));
    return number;
  }

  #brokenAt(): number {
    let found: number | undefined;
    syntaxTree(this.#view.state).iterate({
      enter: ({ type, from }) => {
        if (type.isError) found ??= from;
      },
    });
    return found ?? 0;
  }
}

const HIGHLIGHT = HighlightStyle.define([
  { tag: tags.function(tags.variableName), color: 'var(--yours)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--number)' },
  { tag: tags.string, color: 'var(--string)' },
  { tag: tags.keyword, color: 'var(--keyword)' },
  { tag: tags.comment, color: 'var(--quiet)', fontStyle: 'italic' },
]);

const THEME = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: '2px solid var(--yours)', outlineOffset: '1px' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--quiet)', border: 'none' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--select) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--paper)', color: 'var(--ink)', border: '1px solid var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--select)', color: 'var(--ink)' },
  '.cm-completionInfo': { maxWidth: '320px', whiteSpace: 'normal' },
  '.cm-matchingBracket': { backgroundColor: 'var(--select) !important' },
});

/** Names of options inside an options object, functions of the packages elsewhere. */
function complete(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/[\w$]*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  const owner = ownerOf(context);
  const fields = owner === undefined ? undefined : optionData.options[owner];
  if (fields) {
    const options = fields.map(({ name, about }) => ({
      label: name,
      type: 'property',
      apply: `${name}: `,
      ...(about === undefined ? {} : { info: about }),
    }));
    return { from: word.from, options, validFor: /^[\w$]*$/ };
  }
  const options = optionData.names.map((label) => ({
    label,
    type: 'function',
    boost: (LAYERS as readonly string[]).includes(label) ? 10 : 0,
  }));
  return { from: word.from, options, validFor: /^[\w$]*$/ };
}

/** The function in whose options object the cursor is, where a name is expected. */
function ownerOf({ state, pos }: CompletionContext): string | undefined {
  let node = syntaxTree(state).resolveInner(pos, -1);
  if (node.name === 'PropertyDefinition') node = node.parent!;
  const isName = ['Property', 'ObjectExpression', '{', ','].includes(node.name);
  for (; node && node.name !== 'ObjectExpression'; node = node.parent!) {
    if (node.name === 'CallExpression' || !node.parent) return undefined;
    if (!isName && node.name === 'Property') return undefined;
  }
  const call = node?.parent?.name === 'ArgList' ? node.parent.parent : undefined;
  const callee = call?.firstChild;
  return callee ? state.sliceDoc(callee.from, callee.to) : undefined;
}
