// HTML of pages: templates that escape, tables, sections and figures.

/** Text that is already HTML, and is not escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An HTML template. Values are escaped unless they are {@link Html} or lists of it. */
export function html(parts: TemplateStringsArray, ...values: unknown[]): Html {
  return new Html(parts.reduce((text, part, index) => text + asHtml(values[index - 1]) + part));
}

function asHtml(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(asHtml).join("");
  return String(value ?? "").replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A table that scrolls by itself when it is wider than the page; its first column stays. The keyboard reaches it too. */
export function table(heads: readonly string[], rows: readonly (readonly unknown[])[]): Html {
  return html`<div class="wide" tabindex="0" role="group" aria-label="table"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}

/** A section of a page, which the live page replaces when its content changes. */
export function section(name: string, body: unknown): Html {
  return html`<section id="${name}">${body}</section>\n`;
}

/**
 * A chart with its title and caption. `svg` is the image for print and for readers without scripts; the page draws the chart again
 * in the box beside it, with the theme of the page.
 */
export function chartFigure({ name, title, caption }: ChartText, svg: Html | "" = ""): Html {
  return html`<figure data-chart="${name}"><h3>${title}</h3><div class="image">${svg}</div>
<div class="chart" role="img" aria-label="${title}"></div><figcaption>${caption}</figcaption></figure>`;
}

/** The texts of a chart on a page. */
export interface ChartText {
  name: string;
  title: string;
  caption: string;
}
