/** Where something stands in the text of a packet: offsets of characters, the end behind it. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A word or string as written. */
export interface Word {
  readonly value: string;
  readonly place: Place;
}

/** `dport 22`, `flags syn,ack`, or a flag without a value (`df`). */
export interface Setting {
  readonly field: string;
  readonly values: readonly Word[];
  readonly place: Place;
}

/** `option maxseg size 1460`, `chunk init init-tag 1`. */
export interface OptionNode {
  readonly name: string;
  readonly settings: Setting[];
  readonly place: Place;
}

export interface Header {
  /** Name in the vocabulary, whichever word was written. */
  readonly name: string;
  readonly settings: Setting[];
  readonly options: OptionNode[];
  readonly place: Place;
}

export interface Content {
  readonly kind: 'text' | 'hex' | 'size';
  readonly text: string;
  readonly place: Place;
}

/** A packet as written: its headers from the outside in. What was not written is for the builder to choose. */
export interface PacketText {
  readonly text: string;
  readonly headers: readonly Header[];
  readonly payload: readonly Content[];
}

/** Words of one header. */
export interface HeaderWords {
  readonly name: string;
  /** Field → does a value follow? Names of two words are written with one space. */
  readonly fields: ReadonlyMap<string, 'value' | 'flag'>;
  /** Word that begins an option (`option`, `chunk`), and the fields of each. */
  readonly optionWord?: string;
  readonly options?: ReadonlyMap<string, ReadonlyMap<string, 'value' | 'flag'>>;
}

export interface Vocabulary {
  /** By every word that begins a header. */
  readonly headers: ReadonlyMap<string, HeaderWords>;
  /** Fields that need no header's name before them; they belong to the one whose words these are. */
  readonly unqualified: HeaderWords;
}
