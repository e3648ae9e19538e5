import type { NftSet } from '../../../kernel/nf_tables/objects.ts';
import type { Expr, SetDecl, SetFlag } from '../../../parsers/nft/ast.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import { datatype, datatypeByNumber, fieldsOf } from '../datatype/index.ts';
import { mk, NOWHERE } from '../node.ts';
import { readStateful as stateful } from '../delinearize/stateful.ts';
import { readElements, readSpans } from './read.ts';
import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';

/** What nft keeps with a set in its user data, as plain trees instead of TLVs. */
export interface SetUserdata {
  readonly keyByteorder?: 'host' | 'big' | 'invalid';
  readonly dataByteorder?: 'host' | 'big' | 'invalid';
  /** typeof expressions. */
  readonly key?: Expr;
  readonly data?: Expr;
  readonly dataInterval?: boolean;
  readonly autoMerge?: boolean;
  readonly comment?: string;
}

export const userdataOf = (set: NftSet): SetUserdata => set.userdata as SetUserdata;

const FLAGS: readonly SetFlag[] = ['anonymous', 'constant', 'interval', 'map', 'timeout', 'eval', 'object', 'concat'];

/** An expression that only carries a type: `type …` of a set. */
export function typed(number: number, len: number, byteorder: 'host' | 'big' | 'invalid' | undefined): Expr {
  const type = datatypeByNumber(number) ?? datatype('invalid');
  if (type.fields) return mk({ kind: 'concat', items: type.fields.map((f) => mk({ kind: 'value', value: 0n }, f.id, f.byteorder, f.size)) }, type.id, 'invalid', len * 8);
  return mk({ kind: 'value', value: 0n }, type.id, byteorder ?? type.byteorder, len * 8);
}

/** netlink_delinearize_set */
export function setDecl(nft: NfTables, family: Family, table: string, set: NftSet, withElements: boolean): SetDecl {
  const user = userdataOf(set);
  const decl: SetDecl = {
    loc: NOWHERE,
    handle: { family, table: { loc: NOWHERE, name: table }, set: { loc: NOWHERE, name: set.name }, handle: { loc: NOWHERE, id: set.handle } },
    flags: FLAGS.filter((f) => set.flags[f]),
    isMap: set.flags.map || set.flags.object,
    key: user.key ?? typed(set.keyType, set.keyLen, user.keyByteorder),
    keyTypeof: user.key !== undefined,
    autoMerge: user.autoMerge ?? false,
    stmts: set.exprs.map((e) => stateful(e)),
    ...(set.flags.map &&
      !set.flags.object && {
        data: user.data ?? { ...typed(set.dataType, user.dataInterval ? set.dataLen / 2 : set.dataLen, user.dataByteorder), ...(user.dataInterval && { intervalData: true }) },
      }),
    ...(set.objType !== undefined && { objType: set.objType }),
    ...(set.timeout > 0n && { timeout: set.timeout }),
    ...(set.gcInterval > 0 && { gcInterval: BigInt(set.gcInterval) }),
    ...(set.size > 0 && { size: set.size }),
    ...(set.policy !== 'performance' && { policy: set.policy }),
    ...(user.comment !== undefined && { comment: user.comment }),
  };
  if (withElements) decl.init = readSpans(set, decl) ?? readElements(nft, set, decl);
  return decl;
}

const _fieldLengths = (key: Expr): number[] => (key.kind === 'concat' ? key.items.map((i) => i.len) : fieldsOf(key.dtype).map((f) => f.size));
