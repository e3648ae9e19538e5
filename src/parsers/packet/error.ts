import type { Place } from './ast.ts';

/** What is wrong with a packet as written, and where. Thrown by reader and builder, caught where text comes in. */
export class PacketError extends Error {
  readonly text: string;
  readonly place: Place;

  constructor(message: string, text: string, place: Place) {
    super(message);
    this.text = text;
    this.place = place;
  }

  /** Line and column count from 1. */
  get line(): number {
    return this.text.slice(0, this.place.start).split('\n').length;
  }
  get column(): number {
    return this.place.start - (this.text.lastIndexOf('\n', this.place.start - 1) + 1) + 1;
  }

  /** The message, the line it is about, and carets below the place; `file` goes before. */
  render(file?: string): string {
    const start = this.text.lastIndexOf('\n', this.place.start - 1) + 1;
    const line = this.text.slice(start).split('\n', 1)[0];
    const many = this.text.includes('\n') || file !== undefined;
    const where = many ? `${file ?? 'line'}${file === undefined ? ' ' : ':'}${this.line}:${this.column}: ` : '';
    const width = Math.max(1, Math.min(this.place.end - start, line.length) - (this.place.start - start));
    return `${where}${this.message}\n${line}\n${' '.repeat(this.place.start - start)}${'^'.repeat(width)}\n`;
  }
}
