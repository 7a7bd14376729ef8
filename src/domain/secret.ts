/** A secret that no log, template string, JSON or inspection can show. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  /** Whether somebody who types these characters knows how it ends. */
  hasLast4(text: string): boolean {
    return text !== '' && text === this.#value.slice(-4);
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
