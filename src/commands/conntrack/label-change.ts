import type { CtObject } from './object.ts';
import type { CtCommand } from './parse.ts';

/** copy_label: what `--label-add` and `--label-del` send for an entry; null: nothing about labels. */
export function updatedLabels(options: CtCommand['options'], wanted: Uint8Array | null, o: CtObject): { readonly labels: Uint8Array; readonly mask: Uint8Array | null } | null {
  if (options.has('label-add')) {
    if (!wanted) return null;
    if (!o.labels) return { labels: wanted, mask: null };
    // The kernel keeps old bits only where both labels and mask are zero.
    const bits = o.labels.map((b, i) => (b & (wanted[i] ?? 0)) | (wanted[i] ?? 0));
    return { labels: bits, mask: o.labels.map((_, i) => wanted[i] ?? 0) };
  }
  if (!options.has('label-del') || !o.labels) return null;
  if (!wanted) return { labels: new Uint8Array(4), mask: null };
  return { labels: o.labels.map((b, i) => b & ~(wanted[i] ?? 0)), mask: wanted };
}
