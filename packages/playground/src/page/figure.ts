import { h } from './dom.ts';

/** A chart with its title, and what it shows. */
export function figure(title: string, about: string, ...children: HTMLElement[]): HTMLElement {
  return h('section', { className: 'figure' }, h('h2', {}, title, h('small', {}, about)), ...children);
}
