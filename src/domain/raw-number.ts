/** A JSON number that a double cannot hold (an integer beyond 2^53, say): its digits as they stand in the file. */
export class RawNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
