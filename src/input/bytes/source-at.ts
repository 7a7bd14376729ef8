import type { ByteSource } from './byte-source.ts';
import { createFileSource } from './file-source.ts';
import { createSpoolSource } from './spool-source.ts';

/** The adapter for a layout's `path`. `follow`: it is the spool of a stream. `name`: what messages call it; by default its base name. */
export function sourceAt(
  path: string,
  { follow, name }: { readonly follow: boolean; readonly name?: string },
): ByteSource {
  return follow ? createSpoolSource(path, name) : createFileSource(path, name);
}
