import { escaped } from './markup.ts';
import type { GraphChain, World } from './model.ts';
import { graphSvg } from './svg.ts';

/** A part of the report beside picture, rules and connections. */
export interface PageSection {
  readonly title: string;
  readonly html: string;
}

export interface PageData {
  readonly title: string;
  readonly worlds: readonly World[];
  /** Lines of `conntrack -L`. */
  readonly connections: readonly string[];
  readonly sections: readonly PageSection[];
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --line: #8884; --good: #1a7f37; --bad: #cf222e; --half: #9a6700 }
body { margin: 1.5rem auto; max-width: 84rem; padding: 0 1rem } h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2.2rem } h3 { font-size: 1rem; margin-bottom: .3rem }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .25rem .6rem; border-top: 1px solid var(--line) }
code, pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; margin: 0 } .n { text-align: right; font-variant-numeric: tabular-nums; width: 6rem }
.dim { opacity: .45 } section.chain:target, .marked { outline: 2px solid var(--half); outline-offset: 4px } input { font: inherit; padding: .2rem .5rem; width: 24rem; max-width: 100% }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem } dt { opacity: .7 } dd { margin: 0; font-size: 1.3rem } nav a { margin-right: 1rem } .good { border-left: 4px solid var(--good) } .bad { border-left: 4px solid var(--bad) } .half { border-left: 4px solid var(--half) } small { opacity: .75; display: block }`;

/** Filters the table of connections as one types, and shows the rules of a chain that was clicked in the picture. */
const SCRIPT = `
const filter = document.querySelector('#filter');
filter?.addEventListener('input', () => {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const row of document.querySelectorAll('#connections tr')) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((w) => text.includes(w));
    if (!row.hidden) shown++;
  }
  document.querySelector('#shown').textContent = shown;
});
document.querySelector('#quiet')?.addEventListener('change', (e) => {
  for (const row of document.querySelectorAll('tr[data-packets="0"]')) row.hidden = e.target.checked;
});`;

function chainSection(c: GraphChain): string {
  const rows = c.rules.map((r) => {
    const text = r.to === null ? escaped(r.text) : `<a href="#${encodeURIComponent(r.to)}">${escaped(r.text)}</a>`;
    return `<tr data-packets="${r.packets ?? ''}"${r.packets === 0n ? ' class="dim"' : ''}><td class="n">${r.position}</td><td class="n">${r.packets ?? ''}</td><td><code>${text}</code></td></tr>`;
  });
  const policy = c.policy ? `<tr><td></td><td class="n">${c.policy.packets ?? ''}</td><td><code>policy ${c.policy.verdict}</code></td></tr>` : '';
  const hook = c.hook
    ? ` <small>${c.hook.type} at ${c.hook.name}, priority ${c.hook.priority}${c.hook.devices.length ? `, ${escaped(c.hook.devices.join(', '))}` : ''}</small>`
    : '';
  return `<section class="chain" id="${escaped(encodeURIComponent(c.key))}"><h3>${escaped(c.key)}${hook}</h3><table><thead><tr><th class="n">rule</th><th class="n">packets</th><th>text</th></tr></thead><tbody>${rows.join('')}${policy}</tbody></table></section>`;
}

/** One page that needs nothing else: picture, rules with what they counted, connections, and what else there is to show. */
export function page(d: PageData): string {
  const chains = d.worlds.flatMap((w) => [...w.hooks.flatMap((h) => h.chains), ...w.reached, ...w.idle]);
  const sections: PageSection[] = [
    { title: 'Picture', html: `<div class="wide">${graphSvg(d.worlds)}</div>` },
    { title: 'Rules', html: `<label><input type="checkbox" id="quiet" style="width:auto"> only rules that have counted</label>${chains.map(chainSection).join('')}` },
    ...d.sections,
    {
      title: 'Connections',
      html: `<p><input id="filter" type="search" placeholder="tcp ESTABLISHED dport=22" aria-label="filter"> <span id="shown">${d.connections.length}</span> of ${d.connections.length}</p><table id="connections"><tbody>${d.connections.map((l) => `<tr><td><code>${escaped(l)}</code></td></tr>`).join('')}</tbody></table>`,
    },
  ];
  const id = (title: string): string => title.toLowerCase().replaceAll(/\W+/g, '-');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(d.title)}</title><style>${STYLE}</style>
<h1>${escaped(d.title)}</h1>
<nav>${sections.map((s) => `<a href="#${id(s.title)}">${escaped(s.title)}</a>`).join('')}</nav>
${sections.map((s) => `<h2 id="${id(s.title)}">${escaped(s.title)}</h2>\n${s.html}`).join('\n')}
<script>${SCRIPT}</script>
</html>
`;
}
