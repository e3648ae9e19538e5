import type { HookName } from '../../kernel/net/hook.ts';
import { escaped } from './markup.ts';
import type { GraphChain, World } from './model.ts';

const BOX = { width: 226, height: 46, gap: 10 } as const;
const COLUMN = 290;
const HEAD = 30;
const PAD = 14;

/** Where each hook stands: column, and row 0 for what is forwarded, row 1 for what the host itself gets and sends. */
const SPOT: Readonly<Record<HookName, readonly [column: number, row: 0 | 1]>> = {
  ingress: [0, 0],
  prerouting: [1, 0],
  forward: [2, 0],
  postrouting: [3, 0],
  egress: [4, 0],
  input: [1, 1],
  output: [3, 1],
};
const FLOW: readonly (readonly [HookName | 'local', HookName | 'local'])[] = [
  ['ingress', 'prerouting'],
  ['prerouting', 'forward'],
  ['forward', 'postrouting'],
  ['postrouting', 'egress'],
  ['prerouting', 'input'],
  ['input', 'local'],
  ['local', 'output'],
  ['output', 'postrouting'],
];

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const middle = (r: Rect): readonly [number, number] => [r.x + r.w / 2, r.y + r.h / 2];

export const STYLE = `
.dw { font: 12px system-ui, sans-serif; --ink: #1f2328; --paper: #fff; --edge: #57606a; --box: #eaeef2; --drop: #cf222e; --user: #ddf4ff }
@media (prefers-color-scheme: dark) { .dw { --ink: #e6edf3; --paper: #0d1117; --edge: #8b949e; --box: #21262d; --drop: #ff7b72; --user: #0c2d6b } }
.dw text { fill: var(--ink) } .dw .hook { fill: none; stroke: var(--edge); stroke-dasharray: 4 3 } .dw .head { font-weight: 600 }
.dw .chain rect { fill: var(--box); stroke: var(--edge) } .dw .user rect { fill: var(--user) } .dw .drop rect { stroke: var(--drop); stroke-width: 2 }
.dw .small { font-size: 10.5px; opacity: .8 } .dw .flow, .dw .jump { fill: none; stroke: var(--edge); marker-end: url(#dw-arrow) } .dw .flow { stroke-width: 2 } .dw .none { opacity: .35 }`;

/** A picture of the hooks in the way packets take, their base chains, and the chains that rules jump to. */
export function graphSvg(worlds: readonly World[]): string {
  let y = 0;
  let width = 0;
  const parts = worlds.map((w) => {
    const drawn = drawWorld(w);
    const part = `<g transform="translate(0 ${y})">${drawn.svg}</g>`;
    y += drawn.height + 2 * PAD;
    width = Math.max(width, drawn.width);
    return part;
  });
  const size = `${width + 2 * PAD} ${Math.max(y, 40)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="dw" viewBox="${-PAD} ${-PAD} ${size}" width="${width + 2 * PAD}" height="${Math.max(y, 40)}" role="img" aria-label="Hooks, chains and jumps of the firewall"><style>${STYLE}</style><defs><marker id="dw-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#7d8590"/></marker></defs>${parts.join('') || '<text y="20">no chains: every packet is accepted</text>'}</svg>`;
}

const stack = (n: number): number => HEAD + n * (BOX.height + BOX.gap) + BOX.gap;

function drawWorld(w: World): { readonly svg: string; readonly width: number; readonly height: number } {
  const here = new Map(w.hooks.map((h) => [h.name, h.chains]));
  const shown = (Object.keys(SPOT) as HookName[]).filter((h) => here.has(h) || ['prerouting', 'input', 'forward', 'output', 'postrouting'].includes(h));
  const heights = [0, 1].map((row) => Math.max(stack(0), ...shown.filter((h) => SPOT[h][1] === row).map((h) => stack(here.get(h)?.length ?? 0))));
  const top = [0, heights[0] + 40];
  const first = shown.includes('ingress') ? 0 : 1;
  const places = new Map<HookName | 'local', Rect>(
    shown.map((h) => [h, { x: (SPOT[h][0] - first) * COLUMN, y: top[SPOT[h][1]], w: BOX.width + 2 * BOX.gap, h: stack(here.get(h)?.length ?? 0) }]),
  );
  places.set('local', { x: (2 - first) * COLUMN, y: top[1], w: BOX.width + 2 * BOX.gap, h: stack(0) });
  const boxes = new Map<string, Rect>();
  for (const [hook, chains] of here) {
    const at = places.get(hook);
    if (at) for (const [i, c] of chains.entries()) boxes.set(c.key, { x: at.x + BOX.gap, y: at.y + HEAD + i * (BOX.height + BOX.gap), w: BOX.width, h: BOX.height });
  }
  const columns = Math.max(...[...places.values()].map((p) => p.x / COLUMN)) + 1;
  const user = [...w.reached, ...w.idle];
  const userTop = top[1] + heights[1] + 60;
  for (const [i, c] of user.entries())
    boxes.set(c.key, { x: (i % columns) * COLUMN + BOX.gap, y: userTop + Math.floor(i / columns) * (BOX.height + 40), w: BOX.width, h: BOX.height });
  const all = [...w.hooks.flatMap((h) => h.chains), ...user];
  const svg = [
    ...FLOW.map(([a, b]) => flow(places.get(a), places.get(b))),
    ...[...places].map(([name, r]) => hookBox(w.name === 'ip' || name === 'local' ? (name === 'local' ? 'this host' : name) : `${w.name} ${name}`, r)),
    ...all.flatMap((c) => jumps(c, boxes)),
    ...all.map((c) => chainBox(c, boxes.get(c.key), w.idle.includes(c))),
  ].join('');
  const height = user.length ? userTop + Math.ceil(user.length / columns) * (BOX.height + 40) : top[1] + heights[1];
  return { svg, width: columns * COLUMN, height };
}

function flow(from: Rect | undefined, to: Rect | undefined): string {
  if (!from || !to) return '';
  const [fx, fy] = middle(from);
  const [tx, ty] = middle(to);
  const head = HEAD / 2;
  const d = from.y === to.y ? `M${from.x + from.w} ${from.y + head} H${to.x - 2}` : ty > fy ? `M${fx} ${from.y + from.h} V${to.y - 2}` : `M${fx} ${from.y} V${to.y + to.h + 2}`;
  return Math.abs(fx - tx) < 1 || from.y === to.y ? `<path class="flow" d="${d}"/>` : '';
}

const hookBox = (name: string, r: Rect): string =>
  `<rect class="hook" x="${r.x}" y="${r.y}" width="${r.w}" height="${r.h}" rx="8"/><text class="head" x="${r.x + BOX.gap}" y="${r.y + 19}">${escaped(name)}</text>`;

const short = (s: string, n: number): string => (s.length > n ? `${s.slice(0, n - 1)}…` : s);

function chainBox(c: GraphChain, r: Rect | undefined, idle: boolean): string {
  if (!r) return '';
  const counted = c.rules.reduce((n, rule) => n + (rule.packets ?? 0n), 0n);
  const policy = c.policy ? `policy ${c.policy.verdict}${c.policy.packets === null ? '' : ` ${c.policy.packets}`}` : idle ? 'nothing leads here' : 'jumped to';
  const kind = `${c.hook ? 'base' : 'user'}${c.policy?.verdict === 'drop' ? ' drop' : ''}${idle ? ' none' : ''}`;
  const title = [`${c.family} ${c.table} ${c.name}`, ...c.rules.map((x) => `${x.position}. ${x.text}${x.packets === null ? '' : `  [${x.packets}]`}`)].join('\n');
  return `<a href="#${encodeURIComponent(c.key)}"><g class="chain ${kind}" data-chain="${escaped(c.key)}"><title>${escaped(title)}</title><rect x="${r.x}" y="${r.y}" width="${r.w}" height="${r.h}" rx="5"/><text x="${r.x + 8}" y="${r.y + 18}">${escaped(short(`${c.hook ? `${c.hook.priority}  ` : ''}${c.family} ${c.table} ${c.name}`, 34))}</text><text class="small" x="${r.x + 8}" y="${r.y + 35}">${c.rules.length} ${c.rules.length === 1 ? 'rule' : 'rules'}, ${counted} counted · ${policy}</text></g></a>`;
}

function jumps(c: GraphChain, boxes: ReadonlyMap<string, Rect>): string[] {
  const from = boxes.get(c.key);
  const targets = Map.groupBy(
    c.rules.filter((r) => r.to !== null),
    (r) => r.to ?? '',
  );
  return [...targets].map(([key, rules]) => {
    const to = boxes.get(key);
    if (!from || !to) return '';
    const n = rules.reduce((sum, r) => sum + (r.packets ?? 0n), 0n);
    const [x1, y1, x2, y2] = [from.x + from.w / 2, from.y + from.h, to.x + to.w / 2, to.y - 2];
    const bend = Math.max(30, Math.abs(y2 - y1) / 2);
    const title = rules.map((r) => r.text).join('\n');
    return `<g class="${n === 0n ? 'none' : ''}"><title>${escaped(title)}</title><path class="jump" d="M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}"/><text class="small" x="${(x1 + x2) / 2 + 4}" y="${(y1 + y2) / 2}">${n}</text></g>`;
  });
}
