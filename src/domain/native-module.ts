import { CioBulkError } from './errors.ts';
import { errorCode } from './text/error-code.ts';

/** Messages of Node and of `bindings` about a compiled module that is missing, damaged, or made for another Node or system. */
const UNLOADABLE =
  /Could not locate the bindings file|NODE_MODULE_VERSION|ERR_DLOPEN_FAILED|\.node: (?:invalid|file too short|cannot open|wrong)|\.node['"]? is not a valid|mach-o/i;

/** SQLite's binding is compiled for one version of Node on one system: after a change of either it does not load. Undefined for any other trouble. */
export function nativeModuleError(error: unknown): CioBulkError | undefined {
  const code = errorCode(error) ?? '';
  const message = error instanceof Error ? error.message : String(error);
  if (!UNLOADABLE.test(`${code} ${message}`)) return undefined;
  return new CioBulkError(
    'native_module',
    `SQLite's native module (better-sqlite3) does not load in Node ${process.version} on ${process.platform}-${process.arch}`,
    {
      hint: 'it was installed for another Node or another system: run `npm rebuild better-sqlite3` (after a global installation: `npm rebuild -g better-sqlite3`)',
      cause: error,
    },
  );
}
