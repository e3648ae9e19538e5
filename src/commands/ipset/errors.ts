import type { Operation, SetError } from '../../kernel/ipset/entry.ts';

/** A message of the tool. `usage`: exit status 2 and the hint to try help; else 1. */
export class IpsetError extends Error {
  readonly usage: boolean;
  constructor(message: string, usage = false) {
    super(message);
    this.usage = usage;
  }
}
export const usage = (message: string): IpsetError => new IpsetError(message, true);
export const syntax = (message: string): IpsetError => new IpsetError(`Syntax error: ${message}`);

export type Verb = Operation | 'create' | 'destroy' | 'list' | 'save' | 'restore' | 'flush' | 'rename' | 'swap' | 'help' | 'version' | 'quit';

/** lib/errcode.c: words for the kernel's answers; some depend on the command. */
const WORDS: Readonly<Partial<Record<SetError, string>>> = {
  ENOENT: 'The set with the given name does not exist',
  EEXIST: 'Set cannot be created: set with the same name already exists',
  ENOMEM: 'Kernel error received: Cannot allocate memory',
  PROTOCOL: 'Kernel error received: ipset protocol error',
  FIND_TYPE: 'Kernel error received: set type not supported',
  MAX_SETS: 'Kernel error received: maximal number of sets reached, cannot create more.',
  INVALID_NETMASK: 'The value of the netmask parameter is invalid',
  INVALID_MARKMASK: 'The value of the markmask parameter is invalid',
  INVALID_FAMILY: 'Protocol family not supported by the set type',
  BUSY: 'Set cannot be destroyed: it is in use by a kernel component',
  REFERENCED: 'Set cannot be renamed: it is in use by another system',
  TYPE_MISMATCH: 'The sets cannot be swapped: their type does not match',
  INVALID_CIDR: 'The value of the CIDR parameter of the IP address is invalid',
  TIMEOUT: 'Timeout cannot be used: set was created without timeout support',
  COUNTER: 'Packet/byte counters cannot be used: set was created without counter support',
  COMMENT: 'Comment cannot be used: set was created without comment support',
  SKBINFO: 'Skbinfo mapping cannot be used: set was created without skbinfo support',
  HASH_FULL: 'Hash is full, cannot add more elements',
  HASH_ELEM: 'Null-valued element, cannot be stored in a hash type of set',
  INVALID_PROTO: 'Invalid protocol specified',
  MISSING_PROTO: 'Protocol missing, but must be specified',
  HASH_RANGE_UNSUPPORTED: 'Range is not supported in the "net" component of the element',
  HASH_RANGE: 'Invalid range, covers the whole address space',
  BITMAP_RANGE: 'Element is out of the range of the set',
  BITMAP_RANGE_SIZE: 'The range you specified exceeds the size limit of the set type',
  NAME: 'Set to be added/deleted/tested as element does not exist.',
  LOOP: 'Sets with list:set type cannot be added to the set.',
  BEFORE: 'No reference set specified.',
  NAMEREF: "The set to which you referred with 'before' or 'after' does not exist.",
  LIST_FULL: 'The set is full, more elements cannot be added.',
  REF_EXIST: "The set to which you referred with 'before' or 'after' is not added to the set.",
};

export function kernelError(verb: Verb, error: SetError): IpsetError {
  if (error === 'EXIST')
    return new IpsetError(verb === 'del' ? "Element cannot be deleted from the set: it's not added" : "Element cannot be added to the set: it's already added");
  if (error === 'EXIST_SETNAME2')
    return new IpsetError(verb === 'rename' ? 'Set cannot be renamed: a set with the new name already exists' : 'Sets cannot be swapped: the second set does not exist');
  return new IpsetError(WORDS[error] ?? 'Kernel error received: Unknown error');
}
