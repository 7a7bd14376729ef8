import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Magic numbers of network file systems on Linux (statfs(2)). SQLite's WAL mode does not work on them. */
const NETWORK: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x5346414f: 'AFS',
  0x00c36400: 'Ceph',
};

/** The name of the network file system with this magic number, if it is one. */
export function networkFileSystem(type: number): string | undefined {
  return NETWORK[type >>> 0];
}

/** The network file system that holds the journal. Undefined if it is local, or on a system other than Linux. */
export function networkOf(journalPath: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return networkFileSystem(statfsSync(dirname(journalPath)).type);
  } catch {
    return undefined; // not knowing is no reason to stop
  }
}
