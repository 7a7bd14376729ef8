import { CioBulkError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';

/** Where Redis is, taken apart: its password is in no text. */
export interface RedisPlace {
  /** `host:port`, for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly database: number;
}

const SHAPE = 'redis://host:port, or rediss:// for TLS';

/** `source`: the flag or the variable that it comes from, for messages, which never show the URL. */
export function redisPlace(text: string, source: string): RedisPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw new CioBulkError('config', `${source}: expected a URL such as ${SHAPE}`);
  const database = /^\/?(\d{0,5})$/.exec(url.pathname)?.[1];
  if (database === undefined || url.search !== '' || url.hash !== '')
    throw new CioBulkError('config', `${source}: expected ${SHAPE}, and no more than a database number behind it`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 6379 : Number(url.port);
  return {
    name: `${url.hostname}:${port}`,
    host,
    port,
    isTls: url.protocol === 'rediss:',
    username: decoded(url.username, source),
    password: url.password === '' ? undefined : new Secret(decoded(url.password, source) ?? ''),
    database: Number(database),
  };
}

/** Whatever else is wrong with it. */
export function hasCredentials(text: string): boolean {
  return text.includes('@');
}

function decoded(part: string, source: string): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part);
  } catch {
    throw new CioBulkError('config', `${source}: a % in its user or password must be written as %25`);
  }
}
