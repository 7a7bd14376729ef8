import { undecodable } from './refusals.ts';

/** Beginnings of texts that are mistaken for data files; lower case, behind blanks and a byte order mark. */
const KNOWN: readonly (readonly [start: RegExp, what: string, hint: string])[] = [
  [
    /^(?:<!--[^]{0,500}?-->\s*)?<(?:!doctype html|html|head|body)\b/,
    'is a web page (HTML), not data: perhaps the message of a server that refused the download',
    'look at it in an editor, and download the data again',
  ],
  [
    /^<\?xml[^]*urn:schemas-microsoft-com:office:spreadsheet/,
    'is an Excel workbook saved as XML',
    'save it as CSV (UTF-8)',
  ],
  [
    /^<(?:\?xml|error\b)/,
    'is XML, not CSV or NDJSON',
    'export it as CSV or NDJSON; if it is the message of a server that refused the download, download the data again',
  ],
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    'is a pointer of Git LFS, not the file it points to',
    'fetch the file with: git lfs pull',
  ],
  [/^-----begin pgp message-----/, 'is encrypted with PGP', 'decrypt it first: gpg --decrypt'],
  [/^begin:v(?:card|calendar)/, 'holds vCards or a calendar, not CSV or NDJSON', 'export it as CSV'],
  [
    /^(?:-- (?:mysql|mariadb|postgresql)\b|(?:insert into|create table|copy \S+ \()\s?)/,
    'is a dump in SQL, not CSV or NDJSON',
    'export the table as CSV',
  ],
  [/^\{\\rtf/, 'is a rich text document', 'export it as CSV (UTF-8)'],
];

/** Throws input_undecodable for a text that is surely something else than a table or JSON. */
export function refuseForeignText(name: string, text: Buffer): void {
  const start = text
    .toString('utf8', 0, 4096)
    .replace(/^\uFEFF/, '')
    .trimStart()
    .toLowerCase();
  for (const [pattern, what, hint] of KNOWN) if (pattern.test(start)) throw undecodable(name, what, hint);
}
