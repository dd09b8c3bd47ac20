/** The style sheet of every page: light and dark, phone width, print. */
export const STYLE = `
:root { color-scheme: light; --text: #24292f; --faint: #59636e; --line: #d0d7de; --back: #fff; --box: #f6f8fa;
  --good: #116e52; --bad: #a33e07; --link: #0550ae; }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { color-scheme: dark; --text: #e6edf3;
  --faint: #9ea7b0; --line: #3d444d; --back: #0d1117; --box: #151b23; --good: #3fb68b; --bad: #f0883e; --link: #79b8ff; } }
@media screen { :root[data-theme="dark"] { color-scheme: dark; --text: #e6edf3; --faint: #9ea7b0; --line: #3d444d; --back: #0d1117;
  --box: #151b23; --good: #3fb68b; --bad: #f0883e; --link: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; } p { margin: .5rem 0; max-width: 60rem; } .faint, figcaption { color: var(--faint); }
a { color: var(--link); } summary { cursor: pointer; padding: .2rem 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.verdict { font-size: 1.25rem; margin: 1rem 0; padding: .8rem 1rem; border-left: .4rem solid var(--line); background: var(--box); }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: .6rem 0; }
.figures div { background: var(--box); padding: .5rem .8rem; border-radius: .4rem; color: var(--faint); }
.figures b { display: block; font-size: 1.3rem; color: var(--text); font-variant-numeric: tabular-nums; }
figure { margin: 1.2rem 0 2rem; break-inside: avoid; } figure h3 { margin: 0 0 .3rem; } .image svg { width: 100%; height: auto; display: block; }
.chart { display: none; width: 100%; } .js .chart { display: block; } .js .image { display: none; } figcaption { font-size: .9rem; }
.wide { overflow-x: auto; max-width: 100%; background:
  linear-gradient(to left, var(--back) 2rem, transparent 3rem) right / 3rem 100% no-repeat local,
  linear-gradient(to left, color-mix(in srgb, var(--text) 22%, transparent), transparent) right / .8rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .84rem; line-height: 1.35; }
th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; overflow-wrap: normal; }
th { vertical-align: bottom; font-weight: 600; } td { white-space: nowrap; } tr { break-inside: avoid; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--back); }
.left td, .left th { text-align: left; } .left td { white-space: normal; overflow-wrap: anywhere; }
.warning { border-left: .3rem solid var(--bad); padding: .2rem .8rem; margin: .4rem 0; background: var(--box); }
.ok { color: var(--good); } .missed { color: var(--bad); } dt { font-weight: 600; margin-top: .6rem; } dd { margin: 0; max-width: 60rem; }
.bar { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: 0 0 1rem; }
.bar .title { font-weight: 600; } .bar .end { margin-left: auto; }
button { font: inherit; color: var(--text); background: var(--box); border: 1px solid var(--line); border-radius: .4rem; padding: .25rem .7rem;
  cursor: pointer; min-height: 2rem; } button:disabled { color: var(--faint); cursor: default; }
.runs ul { list-style: none; margin: .4rem 0; padding: 0; max-height: 18rem; overflow-y: auto; }
.runs li { display: flex; gap: .6rem; align-items: baseline; padding: .2rem 0; } .runs li[aria-current] { font-weight: 600; }
#now { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; margin: 1rem 0; } #now h2 { border: 0; margin: 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 40rem) { body { padding: .8rem; } .verdict { font-size: 1.1rem; } }
@media print { body { max-width: none; padding: 0; font-size: 11px; } @page { size: A4 landscape; margin: 12mm; } a { color: inherit; }
  .bar, .runs, .values { display: none; } .wide { overflow: visible; background: none; } table { font-size: 8px; } th, td { padding: .1rem .25rem; }
  td { white-space: normal; } th:first-child, td:first-child { position: static; }
  .js .image:not(:empty) { display: block; } .js .image:not(:empty) + .chart { display: none; } figure { max-width: 200mm; } }`;
