import { createHash } from 'node:crypto';

/** What a workspace is known by, in journals and in Redis: the site id belongs to one workspace, and is not written down. */
export function workspaceHash(siteId: string): string {
  return createHash('sha256').update(`cio-bulk workspace\n${siteId}`).digest('hex');
}
