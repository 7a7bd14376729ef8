import { Writable } from 'node:stream';

/** A stream that keeps what was written to it; as one that has stopped reading, it takes nothing from then on. */
export interface Reader {
  readonly stream: Writable;
  text(): string;
  stopReading(): void;
}

export function createReader(): Reader {
  let text = '';
  let isReading = true;
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk;
      if (isReading) done();
    },
  });
  return { stream, text: () => text, stopReading: () => void (isReading = false) };
}
