/** Classic BPF (linux/filter.h, net/core/filter.c), as xt_bpf runs it on the packet from the network header on. */
export type BpfInstruction = { readonly code: number; readonly jt: number; readonly jf: number; readonly k: number };

const MEMORY = 16;
const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, RET: 6, MISC: 7 } as const;
const KNOWN: ReadonlySet<number> = new Set([
  0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x94, 0x9c, 0x54, 0x5c, 0x44, 0x4c, 0xa4, 0xac, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x00,
  0x60, 0x81, 0x01, 0x61, 0xb1, 0x02, 0x03, 0x07, 0x87, 0x06, 0x16, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d,
]);

/** bpf_check_classic */
export function verifyBpf(program: readonly BpfInstruction[]): boolean {
  const n = program.length;
  if (n === 0) return false;
  for (const [pc, i] of program.entries()) {
    if (!KNOWN.has(i.code)) return false;
    if ((i.code === 0x34 || i.code === 0x94) && i.k === 0) return false;
    if ((i.code === 0x64 || i.code === 0x74) && i.k >= 32) return false;
    if ((i.code === 0x60 || i.code === 0x61 || i.code === 0x02 || i.code === 0x03) && i.k >= MEMORY) return false;
    if (i.code === 0x05 ? i.k >= n - pc - 1 : (i.code & 7) === CLASS.JMP && (pc + i.jt + 1 >= n || pc + i.jf + 1 >= n)) return false;
  }
  return (program[n - 1].code & 7) === CLASS.RET;
}

/** What the program returns; a load beyond the packet ends it with 0. */
export function runBpf(program: readonly BpfInstruction[], data: Uint8Array, start: number): number {
  let a = 0;
  let x = 0;
  const memory = new Uint32Array(MEMORY);
  const length = data.length - start;
  const load = (at: number, size: number): number | null => {
    if (at < 0 || at + size > length) return null;
    let value = 0;
    for (let n = 0; n < size; n++) value = value * 256 + data[start + at + n];
    return value;
  };
  for (let pc = 0; pc < program.length; pc++) {
    const { code, jt, jf, k } = program[pc];
    const operand = code & 8 ? x : k;
    switch (code & 7) {
      case CLASS.RET:
        return code === 0x16 ? a : k;
      case CLASS.LD: {
        if (code === 0x80) {
          a = length;
          break;
        }
        if (code === 0x00) {
          a = k;
          break;
        }
        if (code === 0x60) {
          a = memory[k];
          break;
        }
        const size = (code & 0x18) === 0x00 ? 4 : (code & 0x18) === 0x08 ? 2 : 1;
        const value = load((code & 0xe0) === 0x40 ? x + k : k, size);
        if (value === null) return 0;
        a = value;
        break;
      }
      case CLASS.LDX: {
        if (code === 0x81) {
          x = length;
          break;
        }
        if (code === 0x01) {
          x = k;
          break;
        }
        if (code === 0x61) {
          x = memory[k];
          break;
        }
        const value = load(k, 1);
        if (value === null) return 0;
        x = (value & 15) << 2;
        break;
      }
      case CLASS.ST:
        memory[k] = a;
        break;
      case CLASS.STX:
        memory[k] = x;
        break;
      case CLASS.ALU: {
        const result = alu(code & 0xf0, a, operand);
        if (result === null) return 0;
        a = result;
        break;
      }
      case CLASS.JMP:
        if (code === 0x05) pc += k;
        else pc += jump(code & 0xf0, a, operand) ? jt : jf;
        break;
      default:
        if (code === 0x07) x = a;
        else a = x;
    }
  }
  return 0;
}

function alu(op: number, a: number, b: number): number | null {
  switch (op) {
    case 0x00:
      return (a + b) >>> 0;
    case 0x10:
      return (a - b) >>> 0;
    case 0x20:
      return Math.imul(a, b) >>> 0;
    case 0x30:
      return b === 0 ? null : Math.floor(a / b);
    case 0x40:
      return (a | b) >>> 0;
    case 0x50:
      return (a & b) >>> 0;
    case 0x60:
      return (a << b) >>> 0;
    case 0x70:
      return a >>> b;
    case 0x80:
      return -a >>> 0;
    case 0x90:
      return b === 0 ? null : a % b;
    default:
      return (a ^ b) >>> 0;
  }
}

function jump(op: number, a: number, b: number): boolean {
  switch (op) {
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    default:
      return (a & b) !== 0;
  }
}
