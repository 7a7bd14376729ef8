import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTerminal, type OutputOptions, type Terminal } from '../../../src/output/terminal.ts';
import { createReader, type Reader } from '../../support/reader.ts';

const PLAIN: OutputOptions = { json: false, quiet: false, verbose: false, color: false };

interface Screen {
  readonly terminal: Terminal;
  readonly stdout: Reader;
  readonly stderr: Reader;
}

function screen(options: Partial<OutputOptions> = {}): Screen {
  const [stdout, stderr] = [createReader(), createReader()];
  return {
    terminal: createTerminal({ stdout: stdout.stream, stderr: stderr.stream, env: {} }, { ...PLAIN, ...options }),
    stdout,
    stderr,
  };
}

function sayEverything(terminal: Terminal, text = 'text'): void {
  terminal.data(`data ${text}`);
  terminal.json({ type: 'object', text });
  terminal.say(`say ${text}`);
  terminal.detail(`detail ${text}`);
  terminal.warn(`warn ${text}`);
  terminal.progress(`progress ${text}`);
  terminal.insist(`insist ${text}`);
}

describe('a terminal', () => {
  it.for([
    [{}, 'data text\n', 'say text\nwarning warn text\nprogress text\ninsist text\n'],
    [{ verbose: true }, 'data text\n', 'say text\ndetail text\nwarning warn text\nprogress text\ninsist text\n'],
    [{ quiet: true }, 'data text\n', 'insist text\n'],
    [{ quiet: true, verbose: true }, 'data text\n', 'insist text\n'],
    [{ json: true }, '{"type":"object","text":"text"}\n', 'say text\nwarning warn text\ninsist text\n'],
    [{ json: true, quiet: true }, '{"type":"object","text":"text"}\n', 'insist text\n'],
  ] as const)('with %j, writes data to stdout and talk to stderr', ([options, data, talk]) => {
    const { terminal, stdout, stderr } = screen(options);
    sayEverything(terminal);
    expect(stdout.text()).toBe(data);
    expect(stderr.text()).toBe(talk);
  });

  it('lets nothing through that could move the cursor, whatever a name or a cell holds', () => {
    assert(
      property(
        string({ unit: 'binary' }),
        constantFrom({ verbose: true }, { json: true, verbose: true }),
        (text, options) => {
          const { terminal, stdout, stderr } = screen(options);
          sayEverything(terminal, text);
          terminal.next(text);
          terminal.showNext();
          expect(stdout.text() + stderr.text()).not.toMatch(/(?![\n\t])\p{Cc}/u);
        },
      ),
    );
  });

  it('writes one line for each warning, object and step of progress, also when the text has several', () => {
    const { terminal, stdout, stderr } = screen({ json: true });
    terminal.json({ type: 'object', text: 'a\nb' });
    terminal.warn('a\nb');
    expect(stdout.text().match(/\n/g)).toHaveLength(1);
    expect(stderr.text().match(/\n/g)).toHaveLength(1);
  });

  it('keeps the command that continues for the last line, and shows it once', () => {
    const { terminal, stderr } = screen({ quiet: true });
    terminal.next('cio-bulk import people.csv');
    terminal.next('cio-bulk import people.csv');
    terminal.insist('something went wrong');
    terminal.showNext();
    terminal.showNext();
    expect(stderr.text()).toBe('something went wrong\ncio-bulk import people.csv\n');
  });

  it('does not pile up lines about undelivered rows that nobody reads, and says how many it left out', () => {
    const { terminal, stdout, stderr } = screen({ json: true });
    stdout.stopReading();
    const reason = 'x'.repeat(1_000_000);
    for (let row = 1; row <= 40; row++) terminal.json({ type: 'undelivered', row, reason });
    expect(stdout.stream.writableLength).toBeLessThan(20_000_000);
    terminal.showNext();
    const leftOut = Number(/(\d+) lines about undelivered rows were left out/.exec(stderr.text())?.[1]);
    expect(leftOut).toBe(40 - Math.round(stdout.stream.writableLength / 1_000_000));
    terminal.json({ type: 'summary' }); // what scripts wait for is never left out
    expect(stdout.stream.writableLength).toBeGreaterThan((40 - leftOut) * 1_000_000 + '{"type":"summary"}'.length);
  });

  it('leaves progress out while nobody reads', () => {
    const { terminal, stderr } = screen();
    stderr.stopReading();
    for (let step = 0; step < 1_000; step++) terminal.progress('x'.repeat(1_000));
    expect(stderr.stream.writableLength).toBeLessThan(70_000);
  });
});
