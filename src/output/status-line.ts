import type { OutputStream } from '../domain/host.ts';
import { cutToWidth } from '../domain/text/display-width.ts';
import { safeLine } from '../domain/text/safe-text.ts';

const CLEAR = '\r\u001b[K';
const COLUMNS_UNKNOWN = 80;

/** The last line of a terminal, which changes in place. Everything else that is written stands above it, on lines of its own. */
export interface StatusLine {
  show(text: string): void;
  clear(): void;
  /** Writes whole lines while the status is out of the way. */
  above(write: () => void): void;
}

export function createStatusLine(stream: OutputStream): StatusLine {
  let shown: string | undefined;

  /** One column stays free: in the last one some terminals have wrapped already. */
  const draw = (): void => {
    if (shown !== undefined) stream.write(`${CLEAR}${cutToWidth(shown, (stream.columns || COLUMNS_UNKNOWN) - 1)}`);
  };
  return {
    show(text) {
      if (shown === undefined) stream.on('resize', draw);
      shown = safeLine(text);
      draw();
    },
    clear() {
      if (shown === undefined) return;
      shown = undefined;
      stream.off('resize', draw);
      stream.write(CLEAR);
    },
    above(write) {
      if (shown === undefined) return write();
      stream.write(CLEAR);
      write();
      draw();
    },
  };
}
