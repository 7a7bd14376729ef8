import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CODE = ['src', 'test', 'k6', 'bench', 'scripts'];

const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
const textOf = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesIn('docs', /\.md$/)];
/** Numbers of the headings of docs/customerio.md: `5`, `5.1`. */
const SECTIONS = new Set(
  [...textOf('docs/customerio.md').matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? /gm)].map(([, number]) => number),
);

/** `docs/customerio.md 2.4 to 2.6` and `docs/customerio.md 3.2, 3.3` cite two sections each. */
function citations(): { where: string; section: string }[] {
  return [...CODE.flatMap((folder) => filesIn(folder, /\.(?:ts|m?js)$/)), ...PAGES].flatMap((name) =>
    [
      ...textOf(name).matchAll(
        /docs\/customerio\.md`?[ \n*]+((?:section )?\d+(?:\.\d+)?(?:(?:, | and | to )\d+(?:\.\d+)?)*)/g,
      ),
    ].flatMap(([, sections = '']) =>
      [...sections.matchAll(/\d+(?:\.\d+)?/g)].map(([section]) => ({ where: name, section })),
    ),
  );
}

describe('docs/customerio.md', () => {
  it('has every section that the code cites', () => {
    expect(citations().length).toBeGreaterThan(45);
    expect(citations().filter(({ section }) => !SECTIONS.has(section))).toEqual([]);
  });

  it('has every section that it refers to itself', () => {
    const own = [
      ...textOf('docs/customerio.md').matchAll(/\((?:D, |section )?(\d\.\d)\)|\bsection (\d(?:\.\d)?)/g),
    ].map(([, a, b]) => a ?? b ?? '');
    expect(own.length).toBeGreaterThan(2);
    expect(own.filter((section) => !SECTIONS.has(section))).toEqual([]);
  });
});

describe('the documents', () => {
  it('link to files and headings that exist', () => {
    const broken = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)/g)]
        .filter(([, path = '', anchor]) => !exists(path === '' ? page : join(dirname(page), path), anchor))
        .map(([link]) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('name source files that exist', () => {
    const named = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:ts|js|json|sh))`/g)].map(([, path = '']) => ({
        page,
        path,
      })),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ path }) => !['', 'src'].some((folder) => existsSync(join(ROOT, folder, path))))).toEqual([]);
  });
});

function exists(name: string, anchor: string | undefined): boolean {
  if (!existsSync(join(ROOT, name))) return false;
  return (
    anchor === undefined ||
    [...textOf(name).matchAll(/^#+ (.*)$/gm)].some(
      ([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-') === anchor,
    )
  );
}
