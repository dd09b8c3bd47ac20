// The HTML document around every page: one self-contained file. Its script draws the charts again, for its theme and width.
import { createHash } from "node:crypto";
import { Html, html } from "./page.ts";
import { STYLE } from "./style.ts";

/** What a page has besides its text. */
export interface PageScript {
  /** JavaScript, as `pageScript()` returns it. */
  script: string;
  /** What the script shows, as JSON. */
  data: unknown;
  /** Whether the script may send requests to the server that the page came from. @default false */
  isLive?: boolean;
}

/**
 * A whole HTML document. Its content security policy allows this script and no other, and no request except, for the live page,
 * to its own server (https://www.w3.org/TR/CSP3/).
 */
export function page(title: string, body: Html, more?: PageScript): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(more)}">
<link rel="icon" href="data:,"><title>${title}</title><style>${new Html(STYLE)}</style></head>
<body>
${body}
${more ? new Html(scripts(more)) : ""}
</body></html>
`.text;
}

/** The content security policy of a page. */
export function policy(more?: PageScript): string {
  const script = more ? `'sha256-${createHash("sha256").update(more.script).digest("base64")}'` : "'none'";
  const connect = more?.isLive ? "'self'" : "'none'";
  return `default-src 'none'; script-src ${script}; style-src 'unsafe-inline'; img-src data:; connect-src ${connect}; base-uri 'none'; form-action 'none'`;
}

function scripts({ script, data }: PageScript): string {
  // "<" would end the element early, in "</script>" or "<!--".
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<script type="application/json" id="data">${json}</script>\n<script>${script}</script>`;
}
