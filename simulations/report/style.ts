// How a report looks. Colours are Okabe and Ito's, which people with any colour vision tell apart, each a shade for light and for dark.
// Called by page.ts.

export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#59636e;--rule:#d8dee4;--grid:#e8ecf0;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#aa3f86;--c4:#b8860b;--c5:#3a9bd9;--c6:#6b6b00;--c7:#7a7a7a}
@media (prefers-color-scheme:dark){:root{--paper:#0f1317;--ink:#e6eaee;--soft:#9aa5b1;--rule:#2b333b;--grid:#222a31;
--c0:#56b4e9;--c1:#ff8c42;--c2:#2fd0a0;--c3:#e08ac5;--c4:#f0c64a;--c5:#8fd0ff;--c6:#c9c95a;--c7:#a8a8a8}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;--grid:#ddd;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#aa3f86;--c4:#b8860b;--c5:#3a9bd9;--c6:#6b6b00;--c7:#7a7a7a}
figure,tr{break-inside:avoid}h2{break-after:avoid}main{max-width:none;padding:0}svg{min-width:0}th,td{padding:4px 6px}body{font-size:12px}td code{font-size:8px}}
@page{margin:14mm}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:18px;margin:36px 0 8px;padding-top:12px;border-top:1px solid var(--rule)}
.lead{color:var(--soft);margin:0}.note{color:var(--soft);font-size:13px}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
thead th{color:var(--soft);font-weight:500;font-size:13px}th:first-child{text-align:left;padding-left:0}
td small{color:var(--soft);display:block}td,tbody th{vertical-align:top}
figure{margin:16px 0 8px}figcaption{font-weight:600;font-size:14px;margin-bottom:4px}svg{display:block;width:100%;min-width:600px;height:auto}
.grid{stroke:var(--grid)}.tick,.label{fill:var(--soft);font-size:11px}
.line{fill:none;stroke:currentColor;stroke-width:1.4;stroke-linejoin:round}.line.limit{stroke-dasharray:5 4}
.bar{fill:currentColor}
.c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}.c6{color:var(--c6)}.c7{color:var(--c7)}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:4px 0 0;padding:0 0 0 64px;font-size:13px}
.key{display:inline-block;width:14px;height:3px;margin-right:6px;vertical-align:middle;background:currentColor}
pre,code{font:13px/1.5 ui-monospace,monospace}pre{background:var(--grid);padding:10px 12px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
td code{font-size:11px}
@media (max-width:600px){main{padding:20px 16px 40px}.legend{padding-left:0}}
`;
