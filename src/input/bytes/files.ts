import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CioBulkError } from '../../domain/errors.ts';
import { extensionsOf } from '../detect/layout.ts';
import { unreadable } from '../detect/refusals.ts';
import { isStream } from './spool.ts';

/** A source named on the command line. */
export interface InputFile {
  /** Absolute path; `-` for standard input. */
  readonly path: string;
  /** Base name, for messages and as the default dataset; `stdin` for standard input. */
  readonly name: string;
  /** Standard input, a named pipe or a device: to be spooled. */
  readonly isStream: boolean;
}

const GLOB = /[*?[\]{}]/;

/**
 * The files that arguments stand for, in the order given, each once: files, patterns that the shell left alone (a file of
 * just that name comes first), and directories (their data files, by extension, sorted). Throws CioBulkError input_missing
 * for an argument that stands for nothing.
 */
export async function expandInputs(
  args: readonly string[],
  cwd: string,
  onLeftOut: LeftOut = () => undefined,
): Promise<InputFile[]> {
  const files = new Map<string, InputFile>();
  for (const arg of args) {
    for (const path of await pathsOf(arg, cwd, onLeftOut)) {
      files.set(path, { path, name: path === '-' ? 'stdin' : basename(path), isStream: await isStream(path) });
    }
  }
  return [...files.values()];
}

/** Told what of a directory is not read: folders in it, and files of other kinds. */
export type LeftOut = (directory: string, names: readonly string[]) => void;

async function pathsOf(arg: string, cwd: string, onLeftOut: LeftOut): Promise<string[]> {
  if (arg === '-') return ['-'];
  const path = resolve(cwd, arg);
  const found = await stat(path).catch((error: unknown) => {
    if (GLOB.test(arg)) return undefined;
    throw unreadable(path, error, arg);
  });
  if (found === undefined) {
    const { glob } = await import('tinyglobby'); // seldom needed, and slow to load
    const matches = await glob(arg, { cwd, absolute: true, onlyFiles: true, expandDirectories: false });
    return someOf(
      matches,
      `no file matches ${arg}`,
      'check the pattern; a pattern in quotes is expanded by cio-bulk, not by the shell',
    );
  }
  if (!found.isDirectory()) return [path];
  const names = await readdir(path).catch((error: unknown) => {
    throw unreadable(path, error, arg);
  });
  const visible = names.filter((name) => !name.startsWith('.'));
  const known = visible.filter((name) => extensionsOf(name).format !== undefined);
  const others = visible.filter((name) => !known.includes(name)).sort();
  if (known.length > 0 && others.length > 0) onLeftOut(arg, others);
  return someOf(
    known.map((name) => join(path, name)),
    `${arg} has no data files`,
    'cio-bulk looks for .csv, .tsv, .ndjson, .jsonl and .json, also with .gz, .zst or .br behind',
  );
}

function someOf(paths: readonly string[], message: string, hint: string): string[] {
  if (paths.length === 0) throw new CioBulkError('input_missing', message, { hint });
  return [...paths].sort();
}
