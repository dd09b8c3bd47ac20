// The template of every page: one file without scripts that loads nothing, with light and dark themes and a print layout.
import type { DrawnChart } from "./charts/list.ts";

/** Text that is already HTML, so it is not escaped. */
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

/** A table that scrolls horizontally if it is wider than the page. */
export function table(heads: readonly string[], rows: readonly (readonly unknown[])[]): Html {
  return html`<div class="wide"><table><thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}

/** A chart with its title and caption. The theme of the page selects one of its two drawings. */
export function chartFigure({ title, caption, light, dark }: DrawnChart): Html {
  return html`<figure><h3>${title}</h3><div class="light">${new Html(light)}</div><div class="dark">${new Html(dark)}</div>
<figcaption>${caption}</figcaption></figure>`;
}

const STYLE = `
:root { color-scheme: light dark; --text: #24292f; --faint: #59636e; --line: #d0d7de; --back: #fff; --box: #f6f8fa;
  --good: #116e52; --bad: #b3470a; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --faint: #9198a1; --line: #3d444d; --back: #0d1117;
  --box: #151b23; --good: #3fb68b; --bad: #f0883e; } }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .3rem; } p { margin: .5rem 0; } .faint, figcaption { color: var(--faint); }
.verdict { font-size: 1.25rem; margin: 1rem 0; padding: .8rem 1rem; border-left: .4rem solid var(--line); background: var(--box); }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem; }
.figures div { background: var(--box); padding: .6rem .8rem; border-radius: .4rem; } .figures b { display: block; font-size: 1.3rem; }
figure { margin: 1.2rem 0; break-inside: avoid; } figure svg { width: 100%; height: auto; } .wide { overflow-x: auto; }
.dark { display: none; } @media screen and (prefers-color-scheme: dark) { .dark { display: block; } .light { display: none; } }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .88rem; } tr { break-inside: avoid; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child, .left td, .left th { text-align: left; } td { white-space: nowrap; } .left td { white-space: normal; overflow-wrap: anywhere; }
.warning { border-left: .3rem solid var(--bad); padding: .2rem .8rem; margin: .4rem 0; background: var(--box); }
.ok { color: var(--good); } .missed { color: var(--bad); } dt { font-weight: 600; margin-top: .6rem; } dd { margin: 0; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } @page { size: A4; margin: 14mm; } a { color: inherit; } }`;

/** A whole HTML document. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body>
${body}
</body></html>
`.text;
}
