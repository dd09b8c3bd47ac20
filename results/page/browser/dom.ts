import type { Html } from "../../report/page.ts";

/** HTML as elements. Its values are escaped already: `Html` has no other kind. */
export function fragment({ text }: Html): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

/** The element of this id. @throws Error if the page has none */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return element;
}
