/** JSON text that is written verbatim where its value goes. A class, so that it cannot be mistaken for an object of the source. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON number whose digits a double cannot hold (`12345678901234567890`, `1e400`, `0.10`). */
export class RawNumber extends RawJson {}
