import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const { dependencies, devDependencies, allowScripts } = read('package.json') as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
> & { allowScripts: Record<string, boolean> };
/** Of every installed package: the root itself has no hash. */
const locked = Object.entries(packages).filter(([path]) => path !== '');

describe('the lockfile', () => {
  it('holds a SHA-512 of every package', () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(
      locked.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')).map(([path]) => path),
    ).toEqual([]);
  });

  it('names no place to download from, so that every registry serves, and none that is not one: no git, no URL, no link', () => {
    expect(
      locked.filter(([, { resolved, link }]) => resolved !== undefined || link === true).map(([path]) => path),
    ).toEqual([]);
    expect(
      locked
        .filter(([, { version }]) => !/^\d+\.\d+\.\d+(-[\w.]+)?(\+[\w.]+)?$/.test(version ?? ''))
        .map(([path]) => path),
    ).toEqual([]);
    expect(
      Object.entries({ ...dependencies, ...devDependencies }).filter(([, range]) => !/^\^?\d+\.\d+\.\d+$/.test(range)),
    ).toEqual([]);
  });

  it('has no package that would run a script at installation without package.json allowing or refusing it by name', () => {
    const scripts = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(scripts).toEqual(Object.keys(allowScripts));
  });
});
