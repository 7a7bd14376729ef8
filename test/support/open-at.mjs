/** Opens a journal or the database of a sandbox at a given millisecond: node open-at.mjs journal|sandbox <file> <milliseconds since 1970>. */
import { openJournal } from '../../dist/journal/open.js';
import { openDatabase } from '../../dist/sandbox/store/open.js';

const [kind, file = '', at] = process.argv.slice(2);
while (Date.now() < Number(at)); // a timer is not exact enough
(kind === 'journal' ? openJournal(file) : openDatabase(file)).close();
