/** How the page looks: light and dark, from a phone's width up. */
export const pageStyle = `
:root {
  --page: #f6f7f9; --paper: #fff; --ink: #1c2128; --faint: #5c6570; --line: #d9dee5; --soft: #eef1f4;
  --passed: #17692f; --failed: #b42318; --skipped: #6b5a18; --failed-soft: #fdecea; --passed-soft: #e7f4ea; --skipped-soft: #f7f1dc;
  --s0: #0b62c4; --s1: #b3471d; --s2: #6d3fc0; --s3: #0e7c6b; --s4: #a3206f; --s5: #6a6f00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161b; --paper: #1b2027; --ink: #e4e8ed; --faint: #9aa4b0; --line: #333b45; --soft: #252b33;
    --passed: #6fce87; --failed: #ff8f84; --skipped: #d8c06a; --failed-soft: #3a2120; --passed-soft: #1d3324; --skipped-soft: #332e1b;
    --s0: #6fb1ff; --s1: #ff9d73; --s2: #bb9cff; --s3: #5fd6c2; --s4: #ff8fcb; --s5: #d3d95c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
header, main { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 26px; }
h1 { margin: 0; font-size: 1.55rem; letter-spacing: -.01em; }
header p { margin: 2px 0 18px; color: var(--faint); }
h2 { font-size: 1.15rem; margin: 0; } h3 { font-size: 1rem; margin: 0; }
code, pre { font: .86em/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
small { color: var(--faint); font-size: .85em; font-weight: normal; }
a { color: var(--s0); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(270px, 1fr)); gap: 16px; }
.card { background: var(--paper); border: 1px solid var(--line); border-top: 4px solid var(--passed); border-radius: 8px; padding: 14px 18px 16px; min-width: 0; }
.card.bad { border-top-color: var(--failed); }
.verdict { display: flex; justify-content: space-between; gap: 10px; margin: 6px 0 8px; font-weight: 600; color: var(--passed); }
.bad .verdict { color: var(--failed); }
.level { padding: 0 9px; border: 1px solid var(--line); border-radius: 99px; font-size: .82rem; line-height: 1.6; color: var(--ink); font-weight: 500; white-space: nowrap; }
.bar { display: flex; gap: 2px; height: 8px; border-radius: 4px; overflow: hidden; background: var(--soft); }
.bar i { min-width: 3px; } .bar .passed { background: var(--passed); } .bar .failed { background: var(--failed); } .bar .skipped { background: var(--line); }
.counts { margin: 6px 0 10px; font-size: .9rem; color: var(--faint); display: flex; gap: 14px; flex-wrap: wrap; } .counts b { color: var(--ink); } .bad .counts .failed b { color: var(--failed); }
.problem { background: var(--failed-soft); color: var(--failed); padding: 6px 10px; border-radius: 6px; margin: 0 0 10px; }
.gap { margin-bottom: 10px; font-size: .9rem; color: var(--faint); } .gap summary { cursor: pointer; } .gap p { margin: 4px 0 0; }
.card dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 14px; margin: 0; font-size: .88rem; } .card dt { color: var(--faint); } .card dd { margin: 0; overflow-wrap: anywhere; }
.matrix, .timings { margin: 22px 0; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
.filters { display: flex; flex-wrap: wrap; align-items: center; gap: 10px; padding: 12px 14px; border-bottom: 1px solid var(--line); }
.filters input[type=search], .filters select { font: inherit; font-size: .92rem; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 6px 9px; min-height: 36px; }
.filters input[type=search] { flex: 1 1 200px; min-width: 0; }
.filters output { color: var(--faint); font-size: .9rem; white-space: nowrap; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; }
fieldset label span { display: block; padding: 6px 11px; border: 1px solid var(--line); margin-left: -1px; cursor: pointer; font-size: .9rem; background: var(--page); white-space: nowrap; }
fieldset label:first-child span { border-radius: 6px 0 0 6px; } fieldset label:last-child span { border-radius: 0 6px 6px 0; }
fieldset input { position: absolute; opacity: 0; pointer-events: none; }
fieldset input:checked + span { background: var(--ink); color: var(--paper); border-color: var(--ink); }
fieldset input:focus-visible + span, summary:focus-visible, .filters :focus-visible { outline: 2px solid var(--s0); outline-offset: 1px; }
.head, .check > summary { display: grid; grid-template-columns: minmax(0, 1fr) repeat(var(--columns), 92px); gap: 8px; align-items: center; padding: 7px 14px; }
.head { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--line); font-size: .82rem; font-weight: 600; color: var(--faint); }
.head span:not(:first-child) { text-align: center; overflow-wrap: anywhere; }
.family h3 { padding: 12px 14px 5px; font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; color: var(--faint); }
.check { border-top: 1px solid var(--soft); } .check > summary { list-style: none; cursor: pointer; } .check > summary::-webkit-details-marker { display: none; }
.check > summary:hover { background: var(--soft); } .check[open] { background: var(--soft); } .check:target > summary { box-shadow: inset 3px 0 var(--s0); } .check { scroll-margin-top: 44px; }
.what { display: grid; grid-template-columns: 11.5em minmax(0, 1fr); align-items: baseline; gap: 8px; } .what code { color: var(--faint); overflow-wrap: anywhere; }
.cell { display: flex; align-items: center; justify-content: center; gap: 6px; border-radius: 5px; padding: 2px 4px; min-height: 26px; font-size: .9rem; }
.cell.passed { color: var(--passed); background: var(--passed-soft); } .cell.failed { color: #fff; background: var(--failed); } .cell.skipped { color: var(--skipped); background: var(--skipped-soft); } .cell.absent { color: var(--faint); }
@media (prefers-color-scheme: dark) { .cell.failed { color: #2b0f0c; } }
.cell small { color: inherit; opacity: .85; font-size: .78em; white-space: nowrap; } .who { display: none; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.inside { padding: 2px 14px 16px; } .rules { margin: 4px 0 10px; padding: 0; list-style: none; color: var(--faint); font-size: .92rem; } .rules code { color: var(--ink); }
.story { background: var(--paper); border: 1px solid var(--line); border-left: 4px solid var(--line); border-radius: 6px; padding: 8px 12px; margin: 8px 0; } .story p { margin: 0 0 6px; } p.story { padding: 6px 12px; margin: 6px 0; }
.story.failed { border-left-color: var(--failed); } .story.passed { border-left-color: var(--passed); } .story.skipped { border-left-color: var(--skipped); }
.message { font-weight: 600; overflow-wrap: anywhere; }
.compare { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 4px 12px; margin: 8px 0; } .compare dt { color: var(--faint); } .compare dd { margin: 0; padding: 4px 8px; border-radius: 4px; background: var(--passed-soft); } .compare dd:last-child { background: var(--failed-soft); }
.scroll { overflow-x: auto; } .calls { border-collapse: collapse; width: 100%; font-size: .86rem; } .calls caption { text-align: left; color: var(--faint); padding: 8px 0 4px; }
.calls th { text-align: left; font-weight: 600; color: var(--faint); padding: 2px 10px 2px 0; } .calls td { padding: 4px 10px 4px 0; vertical-align: top; border-top: 1px solid var(--soft); white-space: nowrap; } .calls td:last-child { white-space: normal; min-width: 240px; width: 100%; }
.number { text-align: right; font-variant-numeric: tabular-nums; color: var(--faint); } .when { width: 90px; min-width: 90px; } .when i { display: block; height: 8px; min-width: 2px; margin-top: 5px; background: var(--s0); border-radius: 2px; } tr.failed .when i { background: var(--failed); }
.call, .result { display: block; overflow-wrap: anywhere; } .result { color: var(--faint); } tr.failed .result { color: var(--failed); }
.note { display: block; color: var(--faint); font-size: .9rem; } .again { color: var(--faint); font-size: .9rem; } .left { color: var(--failed); } .nothing { padding: 22px 14px; color: var(--faint); margin: 0; }
.timings { padding: 16px 18px; } .timings h3 { margin-top: 18px; } .legend { margin: 4px 0 10px; } .legend span { margin-right: 12px; } .legend span::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 5px; background: var(--series); }
.series-0 { --series: var(--s0); } .series-1 { --series: var(--s1); } .series-2 { --series: var(--s2); } .series-3 { --series: var(--s3); } .series-4 { --series: var(--s4); } .series-5 { --series: var(--s5); }
.strip { display: grid; grid-template-columns: 118px 1fr; align-items: center; font-size: .86rem; color: var(--faint); } .track { position: relative; height: 20px; margin: 0 14px 0 6px; border-bottom: 1px solid var(--soft); }
.dot { position: absolute; top: 5px; width: 10px; height: 10px; margin-left: -5px; border-radius: 50%; background: var(--series); opacity: .7; } .dot.failed { border-radius: 2px; box-shadow: 0 0 0 2px var(--failed); opacity: 1; } .dot:hover { opacity: 1; transform: scale(1.4); }
.axis .track { border: 0; } .axis i { position: absolute; transform: translateX(-50%); font-style: normal; font-size: .78rem; white-space: nowrap; }
.slowest { margin: 6px 0 0; padding: 0; list-style: none; } .slowest li { display: grid; grid-template-columns: 170px 110px 1fr 64px; gap: 10px; align-items: center; font-size: .9rem; padding: 2px 0; } .slowest small { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .length { background: var(--soft); border-radius: 3px; } .length i { display: block; height: 10px; border-radius: 3px; background: var(--series); } .slowest b { text-align: right; font-weight: 500; font-variant-numeric: tabular-nums; white-space: nowrap; }
[hidden] { display: none !important; }
@media (max-width: 700px) {
  header, main { padding-left: 12px; padding-right: 12px; } header { padding-top: 16px; }
  .head { display: none; } .check > summary { display: flex; flex-wrap: wrap; gap: 5px; padding: 9px 12px; } .what { flex: 1 1 100%; grid-template-columns: minmax(0, 1fr); gap: 0; }
  .cell { padding: 2px 9px; } .who { display: inline; font-size: .85em; } .cell small { display: none; }
  .family h3 { position: sticky; top: 0; background: var(--paper); z-index: 1; padding: 10px 12px 6px; } .filters { padding: 10px 12px; } .filters input[type=search] { flex-basis: 100%; } .filters select { flex: 1 1 40%; min-width: 0; min-height: 40px; }
  fieldset { flex: 1 1 100%; } fieldset label { flex: 1; text-align: center; } fieldset label span { padding: 8px 2px; } .inside { padding: 0 10px 12px; }
  .calls thead, .calls .when { display: none; } .calls tr { display: flex; flex-wrap: wrap; gap: 0 10px; border-top: 1px solid var(--soft); padding: 4px 0; } .calls td { border: 0; padding: 0; } .calls td:last-child { flex: 1 1 100%; min-width: 0; } .compare { grid-template-columns: minmax(0, 1fr); } .strip { grid-template-columns: 92px 1fr; } .slowest li { grid-template-columns: minmax(0, 1fr) auto; gap: 2px 10px; padding: 6px 0; } .slowest small { display: none; } .length { grid-row: 2; grid-column: 1 / 3; }
}
@media print { .filters { display: none; } .check, .head { break-inside: avoid; } }
`;
