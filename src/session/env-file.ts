import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CioBulkError } from '../domain/errors.ts';
import { errorCode } from '../domain/text/error-code.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with the variables of `--env-file` under it: what is exported already wins, as everywhere. */
export function withEnvFile(env: Environment, path: string | undefined): Environment {
  if (path === undefined) return env;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CioBulkError('env_file', `--env-file ${path} cannot be read (${errorCode(error) ?? 'unreadable'})`, {
      cause: error,
    });
  }
  return { ...parseEnv(text.replace(/^\uFEFF/, '')), ...env };
}
