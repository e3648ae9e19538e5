/** How a block is laid out: in a listing, or on one line of `nft monitor`. */
export interface Layout {
  readonly tab: string;
  readonly nl: string;
  readonly sep: string;
}

export const BLOCK: Layout = { tab: '\t', nl: '\n', sep: '\n' };
export const LINE: Layout = { tab: '', nl: ' ', sep: '; ' };
