type Child = Node | string | undefined | false;
type Props = Record<string, unknown>;

/** Makes an element: `on…` are listeners, what the element has as a property is set, the rest are attributes. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value as EventListener);
    else if (name in element && name !== 'list') Object.assign(element, { [name]: value });
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** The element of the page with this id. */
export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}
