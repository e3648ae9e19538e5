import type { Errno } from '../errno.ts';
import { NF_ARP_HOOK, NF_INET_HOOK } from '../net/hook.ts';
import type { XtExtension, XtFamily, XtKeep, XtVerdict } from '../xt/definition.ts';
import { findExtension } from '../xt/find.ts';
import type { ExpressionOf, InitContext, ValidateContext } from './definition.ts';
import type { Cell } from '../nf_tables/kept.ts';
import type { SharedTable } from '../xt/shared-table.ts';
import { NF, type Op, type OpEnvironment } from './machine.ts';

type Compat = ExpressionOf<'match'> | ExpressionOf<'target'>;

/** The extension by the kernel's name and family (xt_find_match); inet rules of compat tools do not exist. */
export const extension = (e: Compat, family: string): XtExtension | undefined => findExtension(e.kind, e.name, family);

/** x_tables' own target for verdicts has no function of its own, which nft_target_select_ops refuses. */
const isBare = (e: Compat): boolean => e.kind === 'target' && e.name === 'standard';

/** nft_match_select_ops, nft_target_select_ops: looked up while the rule's expressions are parsed, before any of them is made. */
export function hasExtension(e: Compat, family: string): boolean {
  if (isBare(e)) return true;
  const d = extension(e, family);
  return d !== undefined && !d.absent && (!d.kernelFamilies || d.kernelFamilies.includes(family as XtFamily));
}

/** nft_match_init, nft_target_init (xt_check_match …) without a base, nft_match_validate with one. */
export function checkExtension(e: Compat, ctx: InitContext | ValidateContext): Errno | null {
  const d = extension(e, ctx.family);
  if (!d) return isBare(e) ? 'EINVAL' : 'ENOENT';
  const base = 'base' in ctx ? ctx.base : ctx.chain.hook;
  const numbers: Readonly<Record<string, number>> = ctx.family === 'arp' ? NF_ARP_HOOK : NF_INET_HOOK;
  return (
    d.check?.(e.info, {
      family: ctx.family as XtFamily,
      net: ctx.net,
      table: ctx.table,
      proto: ctx.compat?.proto ?? 0,
      protoInverted: ctx.compat?.inv ?? false,
      hookMask: base ? 1 << (numbers[base.name] ?? 0) : 0,
      chainType: base?.type ?? null,
    }) ?? null
  );
}

/** The expression as the kernel stores it once it is accepted. */
export function settled(e: Compat, family: string): Compat {
  const settle = extension(e, family)?.settle;
  return settle ? { ...e, info: settle(e.info) } : e;
}

/** What the extension of one rule keeps: with the rule, or shared in the namespace under a name. */
function keepOf(env: OpEnvironment): XtKeep {
  let own: Cell | undefined;
  const { nft } = env.nft.net;
  return {
    own: <T>(make: () => T): T => {
      own ??= env.cell();
      return (own.value ??= make()) as T;
    },
    shared: <T extends SharedTable>(key: string, make: () => T): T => {
      const { shared } = nft.kept;
      if (!shared.has(key)) shared.set(key, make());
      return shared.get(key) as T;
    },
  };
}

/** nft_match_eval */
export function matcher(e: ExpressionOf<'match'>, env: OpEnvironment): Op {
  const d = extension(e, env.family),
    keep = keepOf(env);
  const test = d?.match;
  if (!test)
    return {
      run: (regs) => {
        regs.verdict = NF.BREAK;
      },
    };
  return {
    run(regs, skb, state) {
      if (regs.l4) {
        skb.transport = regs.thoff;
        skb.l4proto = regs.tprot;
        skb.fragOffset = regs.fragoff;
      }
      const yes = test(e.info, skb, state, keep);
      if (yes === 'hotdrop') regs.verdict = NF.DROP;
      else if (!yes) regs.verdict = NF.BREAK;
    },
  };
}

const VERDICTS: Readonly<Record<Extract<XtVerdict, string>, number>> = { accept: NF.ACCEPT, drop: NF.DROP, continue: NF.CONTINUE, return: NF.RETURN, stolen: NF.STOLEN };

/** nft_target_eval_xt, nft_target_eval_bridge */
export function targeter(e: ExpressionOf<'target'>, env: OpEnvironment): Op {
  const d = extension(e, env.family),
    keep = keepOf(env);
  const act = d?.target;
  if (!act) return { run: () => {} };
  return {
    run(regs, skb, state) {
      if (regs.l4) {
        skb.transport = regs.thoff;
        skb.l4proto = regs.tprot;
        skb.fragOffset = regs.fragoff;
      }
      const v = act(e.info, skb, state, keep);
      if (typeof v === 'string') regs.verdict = VERDICTS[v];
      else {
        regs.verdict = NF.QUEUE;
        regs.queue = v.queue;
        regs.bypass = v.bypass;
      }
    },
  };
}
